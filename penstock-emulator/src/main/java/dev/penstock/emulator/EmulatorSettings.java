package dev.penstock.emulator;

/**
 * How an {@link Emulator} runs. Immutable and thread-safe.
 *
 * @param port where it listens on the loopback address, 0 to 65535; 0 takes any free port
 * @param seed the same seed gives the same answers and faults to the same requests
 * @param twin how the emulated API behaves
 */
public record EmulatorSettings(int port, long seed, TwinSettings twin) {
    public EmulatorSettings {
        if (port < 0 || port > 65_535) {
            throw new IllegalArgumentException(
                    "port is " + port + "; it must be 0 (any free port) to 65535, for example 8431");
        }
    }

    /** Any free port, seed 1. */
    public static EmulatorSettings of(TwinSettings twin) {
        return new EmulatorSettings(0, 1, twin);
    }

    public EmulatorSettings withPort(int newPort) {
        return new EmulatorSettings(newPort, seed, twin);
    }

    public EmulatorSettings withSeed(long newSeed) {
        return new EmulatorSettings(port, newSeed, twin);
    }
}
