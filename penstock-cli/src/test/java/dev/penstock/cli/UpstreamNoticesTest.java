package dev.penstock.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.penstock.gateway.GatewaySnapshot;
import dev.penstock.gateway.GatewaySnapshot.QuotaView;
import dev.penstock.quota.Quota;
import dev.penstock.quota.QuotaSettings;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

final class UpstreamNoticesTest {
    private final UpstreamNotices notices = new UpstreamNotices();

    private static QuotaView quota(String upstream, String trouble) {
        return new QuotaView(
                upstream,
                "own key",
                "gpt-4o-mini",
                new Quota(QuotaSettings.learnEverything()).snapshot(0),
                0,
                Optional.empty(),
                Optional.empty(),
                0,
                0,
                Optional.of(trouble).filter(text -> !text.isEmpty()));
    }

    private List<String> look(QuotaView... quotas) {
        return notices.of(new GatewaySnapshot(false, 0, 0, 1, 0, 1, List.of(quotas), List.of(), List.of()));
    }

    @Test
    void troubleIsToldOnceAndSoIsItsEnd() {
        assertThat(look(quota("main", ""))).isEmpty();
        assertThat(look(quota("main", "It cannot be reached.")))
                .containsExactly("Upstream main: It cannot be reached.");
        assertThat(look(quota("main", "It cannot be reached. Tried for 1 s."))).isEmpty();
        assertThat(look(quota("main", ""))).containsExactly("Upstream main works again.");
        assertThat(look(quota("main", ""))).isEmpty();
    }

    @Test
    void oneThatNobodyUsesIsNotSaidToWorkAgain() {
        assertThat(look(quota("main", "It cannot be reached."))).hasSize(1);
        assertThat(look()).isEmpty();
        assertThat(look(quota("main", "It cannot be reached."))).isEmpty();
    }

    @Test
    void oneOfSeveralQuotasInTroubleIsTroubleOfTheUpstream() {
        assertThat(look(quota("main", ""), quota("main", "No credit."), quota("spare", "")))
                .containsExactly("Upstream main: No credit.");
        assertThat(look(quota("spare", ""), quota("main", "No credit."), quota("main", "")))
                .isEmpty();
    }
}
