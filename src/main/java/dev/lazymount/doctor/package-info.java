/**
 * What this machine has and lacks for the daemon, tried out for real: {@code lazymount doctor}.
 *
 * <p>A tour: {@link dev.lazymount.doctor.Doctor} goes through all checks, each with a bound in
 * time, and reports one {@link dev.lazymount.doctor.Finding} of each. The checks are in {@link
 * dev.lazymount.doctor.MachineChecks} (kernel and tools), {@link dev.lazymount.doctor.TraceChecks}
 * and {@link dev.lazymount.doctor.MountChecks} (a real traced access, a real mount), {@link
 * dev.lazymount.doctor.DirectoryChecks} and {@link dev.lazymount.doctor.UnitChecks} (the service as
 * systemd has it). Nothing is changed, and nothing stays.
 */
package dev.lazymount.doctor;
