package dev.penstock.gateway.admin;

import dev.penstock.gateway.GatewayEvents;
import dev.penstock.gateway.GatewaySnapshot;
import dev.penstock.time.Ticker;
import java.time.InstantSource;

/**
 * What a gateway's events become: metrics since its start and the last minutes for the page. Make it first, give it to the
 * gateway, then start an {@link AdminServer} that shows it.
 *
 * <p>Safe for use by several threads; no event waits for more than the copy of five minutes of figures.
 */
public final class Telemetry implements GatewayEvents {
    private final Ticker ticker;
    private final InstantSource wall;
    private final Metrics metrics = new Metrics();
    private final RecentPast past;

    /** @param wall for the times of refusals that people read */
    public Telemetry(Ticker ticker, InstantSource wall) {
        this.ticker = ticker;
        this.wall = wall;
        this.past = new RecentPast(ticker.nanos());
    }

    @Override
    public void ended(Ended ended) {
        metrics.ended(ended);
        past.ended(ended, ticker.nanos(), wall);
    }

    @Override
    public void refusedByUpstream(String upstream, String family) {
        metrics.refusedByUpstream(upstream, family);
        past.refusedByUpstream(ticker.nanos());
    }

    @Override
    public void retried(String upstream, String family) {
        metrics.retried(upstream, family);
    }

    /** Notes how much runs and waits; to be called about once a second. */
    void sample(GatewaySnapshot snapshot) {
        past.sample(snapshot.running(), snapshot.waiting(), ticker.nanos());
    }

    RecentPast.History history() {
        return past.history(ticker.nanos());
    }

    String scrape(GatewaySnapshot snapshot) {
        return metrics.scrape(snapshot);
    }
}
