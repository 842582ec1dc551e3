package dev.lazymount.cli;

import picocli.CommandLine.Command;

/** Help, version and exit codes, the same for every command. */
@Command(
    mixinStandardHelpOptions = true,
    version = "lazymount ${lazymount.version}",
    usageHelpWidth = 100,
    exitCodeListHeading = "%nExit codes:%n",
    exitCodeList = {
      "0:done",
      "1:the operation failed",
      "2:usage or configuration",
      "3:the daemon is not running"
    })
abstract class CommonHelp {}
