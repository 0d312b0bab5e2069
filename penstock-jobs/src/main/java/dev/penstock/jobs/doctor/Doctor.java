package dev.penstock.jobs.doctor;

import dev.penstock.jobs.doctor.Examination.Trouble;
import dev.penstock.jobs.doctor.ModelFinding.Burst;
import dev.penstock.limit.Limit;
import dev.penstock.limit.LimitState;
import dev.penstock.limit.ShownReset;
import dev.penstock.time.Ticker;
import dev.penstock.verdict.Verdict;
import dev.penstock.verdict.Verdict.AccountStopped;
import dev.penstock.wire.Endpoint;
import dev.penstock.wire.GoDuration;
import dev.penstock.wire.PriceTable;
import dev.penstock.wire.Pricing;
import dev.penstock.wire.RequestFacts;
import dev.penstock.wire.TierRow;
import dev.penstock.wire.TierTable;
import java.math.BigDecimal;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Asks an API a few of its cheapest questions: its list of models, and for each model in question the shortest call, for the
 * first of them twice, since the second answer tells how the first one was counted. Never more than {@value #MOST_QUESTIONS}.
 */
public final class Doctor {
    /** Questions at most. */
    public static final int MOST_QUESTIONS = 5;

    /** Models at most. */
    public static final int MOST_MODELS = 3;

    private static final int OUTPUT_TOKENS = 16;
    private static final Duration SECOND = Duration.ofSeconds(1);
    private static final Duration CLOCK_TOLERANCE = Duration.ofSeconds(2);

    private final URI baseUrl;
    private final Optional<String> key;
    private final String userAgent;
    private final List<String> models;
    private final TierTable tiers;
    private final Duration deadline;
    private final Ticker ticker;
    private final InstantSource clock;

    /**
     * @param models 1 to {@value #MOST_MODELS}
     * @param deadline of each answer
     */
    public Doctor(
            URI baseUrl,
            Optional<String> key,
            String userAgent,
            List<String> models,
            TierTable tiers,
            Duration deadline,
            Ticker ticker,
            InstantSource clock) {
        if (models.isEmpty() || models.size() > MOST_MODELS) {
            throw new IllegalArgumentException(
                    "there are " + models.size() + " models to ask about; it must be 1 to " + MOST_MODELS);
        }
        this.baseUrl = baseUrl;
        this.key = key;
        this.userAgent = userAgent;
        this.models = List.copyOf(models);
        this.tiers = tiers;
        this.deadline = deadline;
        this.ticker = ticker;
        this.clock = clock;
    }

    /** What will be asked, for people, in order. */
    public List<String> questions() {
        List<String> questions = new ArrayList<>();
        questions.add("GET /models, which is free");
        for (int i = 0; i < models.size(); i++) {
            questions.add("POST /chat/completions, one word to " + models.get(i) + " and at most " + OUTPUT_TOKENS
                    + " tokens back" + (i == 0 ? ", twice" : ""));
        }
        return questions;
    }

    /** The most that the questions can cost, in US dollars; empty if a price is not known. */
    public Optional<BigDecimal> mostDollars(PriceTable prices) {
        Pricing pricing = new Pricing(prices);
        long nanoDollars = 0;
        for (int i = 0; i < models.size(); i++) {
            byte[] body = body(models.get(i)).getBytes(StandardCharsets.UTF_8);
            RequestFacts facts = RequestFacts.read(Endpoint.CHAT_COMPLETIONS, body);
            if (!pricing.knows(models.get(i)) || !pricing.bounds(facts)) {
                return Optional.empty();
            }
            nanoDollars += (i == 0 ? 2 : 1) * pricing.worstCaseNanoDollars(facts, body.length);
        }
        return Optional.of(BigDecimal.valueOf(nanoDollars, 9));
    }

    /** Asks. Every answer has the deadline, so this ends; a provider's refusal is a finding and no exception. */
    public Examination examine() {
        List<Probe> probes = new ArrayList<>();
        List<ModelFinding> findings = new ArrayList<>();
        try (ProbeClient client = new ProbeClient(baseUrl, key, userAgent, deadline, ticker, clock)) {
            Probe list = client.get("/models");
            probes.add(list);
            if (list.status().isEmpty() || isStopped(list)) {
                return examination(probes, findings, Optional.of(list));
            }
            for (String model : models) {
                Probe first = client.post("/chat/completions", body(model));
                probes.add(first);
                if (isStopped(first)) {
                    findings.add(finding(model, first, Optional.empty()));
                    return examination(probes, findings, Optional.of(first));
                }
                Optional<Probe> second = Optional.empty();
                if (findings.isEmpty() && first.accepted()) {
                    Probe again = client.post("/chat/completions", body(model));
                    probes.add(again);
                    second = Optional.of(again);
                }
                findings.add(finding(model, first, second));
            }
        }
        return examination(probes, findings, Optional.empty());
    }

    private static String body(String model) {
        StringBuilder name = new StringBuilder();
        for (int i = 0; i < model.length(); i++) {
            char c = model.charAt(i);
            if (c == '"' || c == '\\') {
                name.append('\\');
            }
            name.append(c < ' ' ? ' ' : c);
        }
        return "{\"model\":\"" + name + "\",\"messages\":[{\"role\":\"user\",\"content\":\"Hi\"}],"
                + "\"max_completion_tokens\":" + OUTPUT_TOKENS + "}";
    }

    private static boolean isStopped(Probe probe) {
        return probe.verdict() instanceof AccountStopped;
    }

    private ModelFinding finding(String model, Probe first, Optional<Probe> second) {
        Dialect dialect = dialect(second.orElse(first));
        List<LimitState> shown = ShownLimits.read(first, dialect);
        List<LimitState> later =
                second.map(probe -> ShownLimits.read(probe, dialect)).orElse(shown);
        // The second answer tells of windows more than the first, and of amounts the same.
        List<LimitState> told = later.isEmpty() ? shown : later;
        Optional<TierRow> tier = tiers.matching(model, told);
        List<Limit> hidden = tier.map(row -> row.limits().stream()
                        .filter(limit -> told.stream()
                                .noneMatch(state -> state.dimension().unit()
                                                == limit.dimension().unit()
                                        && state.limit().amount() == limit.amount()))
                        .toList())
                .orElse(List.of());
        return new ModelFinding(model, first.verdict(), first.status().isPresent(), told, tier, hidden, burst(told));
    }

    private static Burst burst(List<LimitState> states) {
        List<ShownReset> resets =
                states.stream().flatMap(state -> state.shownReset().stream()).toList();
        if (resets.isEmpty()) {
            return Burst.UNKNOWN;
        }
        boolean bucket = states.stream()
                .allMatch(state -> state.shownReset()
                        .map(reset -> reset.fits(state.dimension().window().toNanos()))
                        .orElse(true));
        return bucket ? Burst.WHOLE_WINDOW_LIKELY : Burst.OTHER_WINDOWS;
    }

    private Dialect dialect(Probe probe) {
        return Dialect.of(probe, String.valueOf(baseUrl.getHost()));
    }

    private Examination examination(List<Probe> probes, List<ModelFinding> findings, Optional<Probe> stoppedBy) {
        List<Probe> answered =
                probes.stream().filter(probe -> probe.status().isPresent()).toList();
        Dialect dialect = answered.stream()
                .map(this::dialect)
                .filter(known -> known != Dialect.UNKNOWN)
                .findFirst()
                .orElse(Dialect.UNKNOWN);
        Probe first = probes.getFirst();
        Optional<Probe> quickest = answered.stream()
                .filter(probe -> probe.connecting().isEmpty())
                .min((a, b) -> a.firstByte()
                        .orElse(Duration.ZERO)
                        .compareTo(b.firstByte().orElse(Duration.ZERO)))
                .or(() -> answered.stream().findFirst());
        boolean anyAccepted = findings.stream().anyMatch(finding -> finding.verdict() instanceof Verdict.Accepted);
        boolean noneShown =
                findings.stream().allMatch(finding -> finding.shown().isEmpty());
        Optional<Duration> ahead =
                answered.stream().flatMap(probe -> ahead(probe).stream()).findFirst();
        return new Examination(
                place(),
                !answered.isEmpty(),
                stoppedBy.map(probe -> probe.verdict().explanation()),
                stoppedBy.map(Doctor::trouble).orElse(Trouble.NONE),
                dialect,
                answered.isEmpty() ? "" : answered.getFirst().version(),
                first.connecting(),
                quickest.flatMap(Probe::firstByte),
                quickest.flatMap(probe -> processing(probe.headers().get("openai-processing-ms"))),
                ahead.filter(time -> time.abs().compareTo(CLOCK_TOLERANCE) > 0),
                ahead.isPresent(),
                anyAccepted && noneShown && dialect.alwaysTellsLimits(),
                answered.stream().anyMatch(probe -> probe.has("via")),
                findings,
                probes.size());
    }

    private String place() {
        int port = baseUrl.getPort();
        return baseUrl.getHost() + (port < 0 ? "" : ":" + port);
    }

    private static Trouble trouble(Probe probe) {
        return switch (probe.verdict()) {
            case AccountStopped stopped ->
                switch (stopped.reason()) {
                    case NO_CREDIT, SPEND_LIMIT -> Trouble.NO_CREDIT;
                    case BAD_KEY -> Trouble.BAD_KEY;
                    case NO_PERMISSION -> Trouble.NO_PERMISSION;
                };
            case Verdict.Transient ignored -> Trouble.OUT_OF_REACH;
            case Verdict.Accepted ignored -> Trouble.OTHER;
            case Verdict.Throttled ignored -> Trouble.OTHER;
            case Verdict.SlowDown ignored -> Trouble.OTHER;
            case Verdict.Rejected ignored -> Trouble.OTHER;
        };
    }

    private static Optional<Duration> processing(@Nullable String millis) {
        return millis == null ? Optional.empty() : GoDuration.parse(millis.strip() + "ms");
    }

    /** How far this machine's clock is ahead: servers tell whole seconds, cut, at about half of the way. */
    private static Optional<Duration> ahead(Probe probe) {
        String date = probe.headers().get("date");
        if (date == null) {
            return Optional.empty();
        }
        try {
            Instant server = DateTimeFormatter.RFC_1123_DATE_TIME
                    .parse(date.strip(), Instant::from)
                    .plus(SECOND.dividedBy(2));
            Instant here =
                    probe.askedAt().plus(probe.firstByte().orElse(Duration.ZERO).dividedBy(2));
            return Optional.of(Duration.between(server, here));
        } catch (DateTimeException notADate) {
            return Optional.empty();
        }
    }
}
