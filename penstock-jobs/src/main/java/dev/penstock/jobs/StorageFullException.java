package dev.penstock.jobs;

import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/** The disk took no more. Everything stored before stays stored; what this call was to write is not. */
public final class StorageFullException extends JobException {
    StorageFullException(Path file, @Nullable Throwable cause) {
        super(
                file + " could not be written: the disk is full, over quota or failing. Nothing stored before is lost;"
                        + " make room and run the same command again to resume",
                cause);
    }
}
