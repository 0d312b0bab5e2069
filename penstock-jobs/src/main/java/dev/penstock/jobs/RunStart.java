package dev.penstock.jobs;

import java.net.URI;
import java.nio.file.Path;
import java.util.List;

/**
 * A run that is about to send.
 *
 * @param job where the job stands
 * @param families the families of the models that the rows ask
 * @param jobFile the file that keeps the job
 * @param baseUrl where the requests go
 */
public record RunStart(JobCounts job, List<String> families, Path jobFile, URI baseUrl) {
    public RunStart {
        families = List.copyOf(families);
    }
}
