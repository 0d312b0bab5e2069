package dev.penstock.jobs;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** The program that {@link JobStoreKillTest} kills: stores rows and says so on standard output. */
final class KilledWriter {
    private static final int BATCH = 20;

    private KilledWriter() {}

    public static void main(String[] arguments) {
        try (JobStore store = JobStore.open(Path.of(arguments[0]))) {
            if (store.identity().isEmpty()) {
                JobStoreTest.begin(store, JobStoreKillTest.ROWS);
            }
            System.out.println("open");
            long last = -1;
            List<RowEntry> page;
            while (!(page = store.pendingPage(Stratum.of(100), last, BATCH)).isEmpty()) {
                List<RowResult> results = new ArrayList<>();
                for (RowEntry entry : page) {
                    last = entry.place().number();
                    results.add(JobStoreTest.answered(last, JobStoreKillTest.body(last)));
                }
                store.store(results);
                System.out.println(last);
            }
        }
    }
}
