/**
 * A local twin of an OpenAI-style API: its limits, errors, streaming and faults, and a ledger of what a client did to
 * it. {@link dev.penstock.emulator.Twin} is pure and runs in virtual time; {@link dev.penstock.emulator.Emulator} puts
 * it behind a socket.
 */
@NullMarked
package dev.penstock.emulator;

import org.jspecify.annotations.NullMarked;
