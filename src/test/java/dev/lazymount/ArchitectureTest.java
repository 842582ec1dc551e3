package dev.lazymount;

import static com.tngtech.archunit.core.domain.JavaCall.Predicates.target;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.equivalentTo;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.core.domain.properties.HasName.Predicates.name;
import static com.tngtech.archunit.core.domain.properties.HasOwner.Predicates.With.owner;
import static com.tngtech.archunit.lang.conditions.ArchConditions.dependOnClassesThat;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static org.junit.jupiter.api.Assertions.assertEquals;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.lang.ArchCondition;
import com.tngtech.archunit.lang.ArchRule;
import com.tngtech.archunit.lang.syntax.elements.GivenClassesConjunction;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/**
 * Imports point one way: cli → (doctor, daemon) → batch → (control, web, learned, warm, readahead,
 * explain) → (trace, route) → mount → catalog → status → (config, linux, systemd, text).
 *
 * <p>Reading a package must not need one further left in that line, and what a package may do to
 * the machine (native calls, child processes) is decided by its place here.
 */
class ArchitectureTest {
  private static final String ROOT = "dev.lazymount";

  /** Every package there may be, the leftmost first. A new one is given its place here. */
  private static final List<String> PACKAGES =
      List.of(
          "cli",
          "doctor",
          "daemon",
          "hold",
          "batch",
          "verify",
          "control",
          "web",
          "learned",
          "warm",
          "readahead",
          "explain",
          "trace",
          "route",
          "mount",
          "catalog",
          "status",
          "systemd",
          "config",
          "linux",
          "text");

  private static final JavaClasses SOURCES =
      new ClassFileImporter()
          .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
          .importPackages(ROOT);

  @Test
  void everyPackageHasItsPlace() {
    check(classes().should().resideInAnyPackage(packages(allBut())));
  }

  @Test
  void cliAndDaemonAreUsedByNoOtherPackage() {
    check(noClassesOf(allBut("cli")).should(use("cli")));
    check(noClassesOf(allBut("cli", "doctor", "daemon")).should(use("doctor")));
    check(noClassesOf(allBut("cli", "daemon")).should(use("daemon")));
    check(noClassesOf(allBut("cli", "daemon", "batch")).should(use("batch")));
  }

  @Test
  void traceKnowsNothingOfImagesAndMounts() {
    check(noClassesOf("trace").should(use("mount", "route", "catalog")));
  }

  @Test
  void catalogKnowsNothingOfAccessesAndMounts() {
    check(noClassesOf("catalog").should(use("mount", "trace", "route")));
  }

  @Test
  void mountKnowsNothingOfAccesses() {
    check(noClassesOf("mount").should(use("trace", "route")));
  }

  @Test
  void statusUsesConfigAndTextAlone() {
    check(noClassesOf("status").should(use(allBut("status", "config", "text"))));
  }

  /** It shows what it is given, and must not be able to do anything. */
  @Test
  void webReadsStatusAndNothingElse() {
    check(noClassesOf("web").should(use(allBut("web", "status", "text"))));
    check(noClassesOf("web").should(useLibrary("akka..")));
    check(noClassesOf(allBut("web")).should(useLibrary("io.prometheus..")));
  }

  @Test
  void warmIsUsedByDaemonAloneAndKnowsNothingOfTheTrace() {
    check(noClassesOf(allBut("warm", "daemon", "cli", "learned")).should(use("warm")));
    check(noClassesOf("warm").should(use("trace", "mount")));
  }

  @Test
  void readAheadIsStartedByTheDaemonAndMountsNothing() {
    check(noClassesOf(allBut("readahead", "daemon", "cli", "learned")).should(use("readahead")));
    check(noClassesOf("readahead").should(use("trace", "mount", "route", "warm")));
    check(noClassesOf("readahead").should(useLibrary("akka..")));
  }

  @Test
  void whatWasLearnedIsTextAndKnowsNothingOfTheDaemon() {
    check(noClassesOf(allBut("learned", "daemon", "cli")).should(use("learned")));
    check(noClassesOf("learned").should(use("trace", "mount", "route", "status")));
  }

  @Test
  void linuxAndConfigAreLeaves() {
    check(noClassesOf("linux").should(use(allBut("linux"))));
    check(noClassesOf("config").should(use(allBut("config", "text"))));
    check(noClassesOf("linux", "config").should(useLibrary("akka..")));
  }

  @Test
  void packagesFormNoCycle() {
    check(slices().matching(ROOT + ".(*)..").should().beFreeOfCycles());
  }

  @Test
  void nativeCallsAreMadeInLinuxAlone() {
    check(noClassesOf(allBut("linux")).should(useLibrary("com.sun.jna..")));
  }

  /** Everyone else gets Settings; the daemon hands Akka's own part on to the ActorSystem. */
  @Test
  void hoconIsReadInConfigAlone() {
    check(noClassesOf(allBut("config", "daemon")).should(useLibrary("com.typesafe.config..")));
  }

  @Test
  void childProcessesAreStartedInTraceAndByTheDoctorAlone() {
    check(
        noClassesOf(allBut("trace", "doctor"))
            .should()
            .dependOnClassesThat()
            .areAssignableTo(ProcessBuilder.class));
    check(
        noClasses()
            .should()
            .callMethodWhere(target(owner(equivalentTo(Runtime.class))).and(target(name("exec")))));
  }

  /** Read from the sources: the compiler leaves no class for a package-info without annotations. */
  @Test
  void everyPackageSaysWhatItIs() throws IOException {
    Path sources = Path.of("src", "main", "java");
    Set<String> silent = new TreeSet<>();
    try (Stream<Path> files = Files.walk(sources)) {
      files
          .filter(file -> file.toString().endsWith(".java"))
          .map(Path::getParent)
          .distinct()
          .filter(folder -> Files.notExists(folder.resolve("package-info.java")))
          .forEach(folder -> silent.add(sources.relativize(folder).toString()));
    }
    assertEquals(Set.of(), silent, "packages without a package-info.java");
  }

  /** Rules also hold of packages that do not exist yet. */
  private static void check(ArchRule rule) {
    rule.allowEmptyShould(true).check(SOURCES);
  }

  private static GivenClassesConjunction noClassesOf(String... names) {
    return noClasses().that().resideInAnyPackage(packages(names));
  }

  private static ArchCondition<JavaClass> use(String... names) {
    return useLibrary(packages(names));
  }

  private static ArchCondition<JavaClass> useLibrary(String... packages) {
    return dependOnClassesThat(resideInAnyPackage(packages));
  }

  private static String[] packages(String... names) {
    return Stream.of(names).map(name -> ROOT + "." + name + "..").toArray(String[]::new);
  }

  private static String[] allBut(String... names) {
    return PACKAGES.stream().filter(name -> !List.of(names).contains(name)).toArray(String[]::new);
  }
}
