package dev.penstock.jobs;

import static org.assertj.core.api.Assertions.assertThat;

import dev.penstock.verdict.Verdict;
import dev.penstock.verdict.Verdict.Fault;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

final class RunNoticesTest {
    private static final long SECOND = TimeUnit.SECONDS.toNanos(1);
    private static final long START = Long.MAX_VALUE - 20 * SECOND; // the clock turns over during an outage

    @Test
    void aNoticeClaimsThatTheProviderIsReachedAgainOnlyWhenItAnswered() {
        List<String> told = new ArrayList<>();
        RunNotices notices = new RunNotices("host:1", told::add);
        notices.settled(fault(Fault.CONNECT_FAILED), START);

        notices.settled(fault(Fault.TIMEOUT), START + SECOND);
        notices.settled(fault(Fault.CONNECTION_LOST), START + SECOND);
        assertThat(told).noneMatch(text -> text.contains("reached again"));

        notices.settled(fault(Fault.SERVER_ERROR), START + 30 * SECOND);
        assertThat(told).contains("host:1 is reached again after 30 s.");
    }

    private static Verdict fault(Fault fault) {
        return new Verdict.Transient(fault, Optional.empty(), "refused.");
    }
}
