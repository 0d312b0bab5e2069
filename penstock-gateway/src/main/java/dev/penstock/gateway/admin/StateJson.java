package dev.penstock.gateway.admin;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import dev.penstock.gateway.GatewaySnapshot;
import dev.penstock.gateway.GatewaySnapshot.QuotaView;
import dev.penstock.gateway.GatewaySnapshot.TenantView;
import dev.penstock.gateway.GatewaySnapshot.WaitingView;
import dev.penstock.gateway.Outcome;
import dev.penstock.gateway.admin.RecentPast.History;
import dev.penstock.gateway.admin.RecentPast.Refused;
import dev.penstock.gateway.admin.RecentPast.Second;
import dev.penstock.quota.QuotaSnapshot.Level;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.ToLongFunction;

/** One state of a gateway as the page reads it; the page keeps nothing, so a reload loses nothing. */
final class StateJson {
    static final int MOST_QUOTAS = 24;
    static final int MOST_TENANTS = 50;
    static final int MOST_NEXT_UP = 12;

    private static final int STATE_BYTES = 32 * 1024;
    private static final double THOUSAND = 1_000;
    private static final JsonFactory JSON = new JsonFactory();

    private StateJson() {}

    static byte[] write(GatewaySnapshot snapshot, History history, URI clientBaseUrl) {
        ByteArrayOutputStream out = new ByteArrayOutputStream(STATE_BYTES);
        try (JsonGenerator json = JSON.createGenerator(out)) {
            json.writeStartObject();
            json.writeBooleanField("stopping", snapshot.stopping());
            json.writeStringField("clientBaseUrl", clientBaseUrl.toString());
            json.writeNumberField("endedInAll", history.endedInAll());
            json.writeNumberField("running", snapshot.running());
            json.writeNumberField("waiting", snapshot.waiting());
            json.writeNumberField("maxWaiting", snapshot.maxWaiting());
            json.writeNumberField("waitingBytes", snapshot.waitingBytes());
            json.writeNumberField("maxWaitingBytes", snapshot.maxWaitingBytes());
            json.writeNumberField("quotasInAll", snapshot.quotas().size());
            json.writeNumberField("tenantsInAll", snapshot.tenants().size());
            json.writeArrayFieldStart("quotas");
            for (QuotaView quota : first(MOST_QUOTAS, snapshot.quotas())) {
                quota(json, quota);
            }
            json.writeEndArray();
            json.writeArrayFieldStart("tenants");
            for (TenantView tenant : first(MOST_TENANTS, snapshot.tenants())) {
                tenant(json, tenant);
            }
            json.writeEndArray();
            json.writeArrayFieldStart("nextUp");
            for (WaitingView waiting : first(MOST_NEXT_UP, snapshot.nextUp())) {
                waiting(json, waiting);
            }
            json.writeEndArray();
            past(json, history.seconds());
            json.writeArrayFieldStart("refusals");
            for (Refused refused : history.refusals()) {
                refused(json, refused);
            }
            json.writeEndArray();
            json.writeEndObject();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return out.toByteArray();
    }

    private static void quota(JsonGenerator json, QuotaView view) throws IOException {
        json.writeStartObject();
        json.writeStringField("upstream", view.upstream());
        json.writeStringField("account", view.account());
        json.writeStringField("family", view.family());
        json.writeNumberField("waiting", view.waiting());
        text(json, "blockedBy", view.blockedBy());
        text(json, "trouble", view.trouble());
        number(json, "requestsPerMinute", view.requestsPerMinute());
        number(json, "tokensPerMinute", view.tokensPerMinute());
        json.writeNumberField("running", view.quota().inFlight());
        json.writeNumberField("runningLimit", view.quota().concurrencyLimit());
        json.writeArrayFieldStart("levels");
        for (Level level : view.quota().levels()) {
            json.writeStartObject();
            json.writeStringField("label", level.limit().dimension().label());
            json.writeNumberField("limit", level.limit().amount());
            json.writeStringField("source", level.source().name().toLowerCase(Locale.ROOT));
            json.writeBooleanField("binding", binds(view, level));
            number(json, "remaining", level.remaining());
            number(json, "depth", level.depth());
            json.writeBooleanField("windowed", level.windowed());
            number(json, "takenByOthers", level.takenByOthers());
            json.writeEndObject();
        }
        json.writeEndArray();
        json.writeEndObject();
    }

    /** A cap of the user's own may stand beside the provider's limit of the same dimension: the smaller one binds. */
    private static boolean binds(QuotaView view, Level level) {
        String label = level.limit().dimension().label();
        return view.binding().filter(label::equals).isPresent()
                && view.quota().levels().stream()
                        .filter(other -> other.limit().dimension().label().equals(label))
                        .allMatch(
                                other -> level.limit().amount() <= other.limit().amount());
    }

    private static void tenant(JsonGenerator json, TenantView view) throws IOException {
        json.writeStartObject();
        json.writeStringField("tenant", view.tenant());
        number(json, "weight", view.weight());
        json.writeNumberField("waiting", view.waiting());
        json.writeNumberField("running", view.running());
        json.writeNumberField("longestWaitMillis", view.longestWait().toMillis());
        number(json, "requestsPerMinute", view.requestsPerMinute());
        number(json, "tokensPerMinute", view.tokensPerMinute());
        text(json, "budget", view.budget());
        json.writeEndObject();
    }

    private static void waiting(JsonGenerator json, WaitingView view) throws IOException {
        json.writeStartObject();
        json.writeStringField("tenant", view.tenant());
        json.writeStringField("priority", view.priority().name().toLowerCase(Locale.ROOT));
        json.writeStringField("family", view.family());
        json.writeNumberField("waitedMillis", view.waited().toMillis());
        Optional<Duration> startsIn = view.startsIn();
        if (startsIn.isPresent()) {
            json.writeNumberField("startsInMillis", startsIn.get().toMillis());
        } else {
            json.writeNullField("startsInMillis");
        }
        json.writeNumberField("leftMillis", view.leftToDeadline().toMillis());
        json.writeStringField("why", view.why());
        json.writeEndObject();
    }

    private static void refused(JsonGenerator json, Refused refused) throws IOException {
        json.writeStartObject();
        json.writeNumberField("at", refused.at().toEpochMilli());
        json.writeStringField("tenant", refused.tenant());
        json.writeStringField("family", refused.family());
        json.writeStringField("outcome", refused.outcome().label());
        json.writeStringField("words", refused.words());
        json.writeEndObject();
    }

    private static void past(JsonGenerator json, List<Second> seconds) throws IOException {
        json.writeObjectFieldStart("past");
        json.writeNumberField("secondsMost", RecentPast.SECONDS);
        column(json, "refusedByUpstream", seconds, Second::refusedByUpstream);
        column(json, "inputTokens", seconds, Second::inputTokens);
        column(json, "outputTokens", seconds, Second::outputTokens);
        column(json, "running", seconds, Second::running);
        column(json, "waiting", seconds, Second::waiting);
        json.writeObjectFieldStart("outcomes");
        for (Outcome outcome : Outcome.values()) {
            if (outcome == Outcome.ANSWERED || seconds.stream().anyMatch(second -> second.count(outcome) > 0)) {
                column(json, outcome.label(), seconds, second -> second.count(outcome));
            }
        }
        json.writeEndObject();
        json.writeEndObject();
    }

    private static void column(JsonGenerator json, String name, List<Second> seconds, ToLongFunction<Second> value)
            throws IOException {
        json.writeArrayFieldStart(name);
        for (Second second : seconds) {
            json.writeNumber(value.applyAsLong(second));
        }
        json.writeEndArray();
    }

    private static void text(JsonGenerator json, String name, Optional<String> value) throws IOException {
        if (value.isPresent()) {
            json.writeStringField(name, value.get());
        } else {
            json.writeNullField(name);
        }
    }

    private static void number(JsonGenerator json, String name, double value) throws IOException {
        if (Double.isFinite(value)) {
            json.writeNumberField(name, Math.round(value * THOUSAND) / THOUSAND);
        } else {
            json.writeNullField(name);
        }
    }

    private static <T> List<T> first(int most, List<T> all) {
        return all.subList(0, Math.min(most, all.size()));
    }
}
