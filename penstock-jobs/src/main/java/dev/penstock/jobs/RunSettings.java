package dev.penstock.jobs;

import dev.penstock.jobs.batch.MachineSettings;
import dev.penstock.limit.Limit;
import dev.penstock.quota.QuotaSettings;
import dev.penstock.retry.RetryPolicy;
import dev.penstock.wire.PriceTable;
import dev.penstock.wire.TierTable;
import java.io.OutputStream;
import java.math.BigDecimal;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;

/**
 * What a {@link JobRun} does. Immutable and thread-safe, apart from the stream that it may name. Its text form does not
 * show the key.
 */
public final class RunSettings {
    private final Path input;
    private final URI baseUrl;
    private final InputOptions inputOptions;
    private final Optional<Path> output;
    private final @Nullable OutputStream stream;
    private final Optional<String> apiKey;
    private final String upstream;
    private final List<Limit> caps;
    private final OptionalInt concurrency;
    private final Optional<BigDecimal> budgetDollars;
    private final int maxAttempts;
    private final Duration timeout;
    private final boolean retryFailed;
    private final boolean skipBad;
    private final boolean restart;
    private final TierTable tiers;
    private final PriceTable prices;
    private final String toolVersion;
    private final long seed;
    private final Optional<BatchOptions> batch;
    private final Duration settling;
    private final Duration cancelling;

    private RunSettings(Builder builder) {
        input = builder.input;
        baseUrl = builder.baseUrl;
        inputOptions = builder.inputOptions;
        output = Optional.ofNullable(builder.output);
        stream = builder.stream;
        apiKey = Optional.ofNullable(builder.apiKey);
        upstream = builder.upstream == null ? baseUrl.toString() : builder.upstream;
        caps = builder.caps;
        concurrency = builder.concurrency;
        budgetDollars = Optional.ofNullable(builder.budgetDollars);
        maxAttempts = builder.maxAttempts;
        timeout = builder.timeout;
        retryFailed = builder.retryFailed;
        skipBad = builder.skipBad;
        restart = builder.restart;
        tiers = builder.tiers;
        prices = builder.prices;
        toolVersion = builder.toolVersion;
        seed = builder.seed;
        batch = Optional.ofNullable(builder.batch);
        settling = builder.settling;
        cancelling = builder.cancelling;
    }

    /**
     * Starts with the defaults.
     *
     * @param baseUrl of the API as the SDKs have it, for example {@code https://api.openai.com/v1}
     * @throws IllegalArgumentException if it is no plain address of a web server
     */
    public static Builder builder(Path input, URI baseUrl) {
        return new Builder(input, requireWeb(baseUrl));
    }

    private static URI requireWeb(URI url) {
        String scheme = String.valueOf(url.getScheme());
        if (!(scheme.equalsIgnoreCase("http") || scheme.equalsIgnoreCase("https")) || url.getHost() == null) {
            throw new IllegalArgumentException("the base URL must start with http:// or https:// and name a host, for"
                    + " example https://api.openai.com/v1");
        }
        if (url.getRawUserInfo() != null || url.getRawQuery() != null || url.getRawFragment() != null) {
            throw new IllegalArgumentException("the base URL for " + url.getHost() + " holds a user, a query or a"
                    + " fragment; give host and path only, for example https://api.openai.com/v1");
        }
        return url;
    }

    public Path input() {
        return input;
    }

    public InputOptions inputOptions() {
        return inputOptions;
    }

    /** Where the results go; empty if they go to the {@link #stream}. */
    public Optional<Path> output() {
        return output;
    }

    /** Where the results go if there is no {@link #output}. */
    public Optional<OutputStream> stream() {
        return Optional.ofNullable(stream);
    }

    /** The file that keeps the job: beside the output, or beside the input where there is none. */
    public Path jobFile() {
        return OutputWriter.jobFile(output.orElse(input));
    }

    /** The file that describes failed rows. */
    public Path errorsFile() {
        return OutputWriter.errorsFile(output.orElse(input));
    }

    public URI baseUrl() {
        return baseUrl;
    }

    Optional<String> apiKey() {
        return apiKey;
    }

    /** Who answers, as the job remembers it: answers of different upstreams are not mixed in one output. */
    public String upstream() {
        return upstream;
    }

    /** The user's own limits, kept beside those of the provider; each model family has them to itself. */
    public List<Limit> caps() {
        return caps;
    }

    /** The most calls in flight; found out where it is empty. */
    public OptionalInt concurrency() {
        return concurrency;
    }

    /** The most that the job, over all its runs, may cost; empty for no cap. */
    public Optional<BigDecimal> budgetDollars() {
        return budgetDollars;
    }

    public int maxAttempts() {
        return maxAttempts;
    }

    /** The longest that one call may take, from connecting to the last byte. */
    public Duration timeout() {
        return timeout;
    }

    /** Whether rows that failed in an earlier run are tried again. */
    public boolean retryFailed() {
        return retryFailed;
    }

    /** Whether rows that cannot be sent are left out instead of refusing the input. */
    public boolean skipBad() {
        return skipBad;
    }

    /** Whether an earlier job and its answers are thrown away first. */
    public boolean restart() {
        return restart;
    }

    public TierTable tiers() {
        return tiers;
    }

    public PriceTable prices() {
        return prices;
    }

    public String toolVersion() {
        return toolVersion;
    }

    public long seed() {
        return seed;
    }

    /** How the rows go through the Batch API; empty for live calls. */
    public Optional<BatchOptions> batch() {
        return batch;
    }

    /** How long a batch whose creation was not answered may take to show in the provider's list. */
    public Duration settling() {
        return settling;
    }

    /** How long a batch may take to end that is cancelled. */
    public Duration cancelling() {
        return cancelling;
    }

    @Override
    public String toString() {
        return "run of " + input + " against " + baseUrl + " into "
                + output.map(Path::toString).orElse("a stream") + (apiKey.isPresent() ? ", with a key" : "");
    }

    /** Collects settings; each method says its rule. Not thread-safe. */
    public static final class Builder {
        private final Path input;
        private final URI baseUrl;
        private InputOptions inputOptions = InputOptions.none();
        private @Nullable Path output;
        private @Nullable OutputStream stream;
        private @Nullable String apiKey;
        private @Nullable String upstream;
        private List<Limit> caps = List.of();
        private OptionalInt concurrency = OptionalInt.empty();
        private @Nullable BigDecimal budgetDollars;
        private int maxAttempts = RetryPolicy.DEFAULT.maxAttempts();
        private Duration timeout = Duration.ofMinutes(10);
        private boolean retryFailed;
        private boolean skipBad;
        private boolean restart;
        private TierTable tiers = TierTable.builtIn();
        private PriceTable prices = PriceTable.builtIn();
        private String toolVersion = "unknown";
        private long seed = 1;
        private @Nullable BatchOptions batch;
        private Duration settling = MachineSettings.DEFAULT.settling();
        private Duration cancelling = Duration.ofMinutes(10);

        private Builder(Path input, URI baseUrl) {
            this.input = input;
            this.baseUrl = baseUrl;
        }

        public Builder inputOptions(InputOptions options) {
            this.inputOptions = options;
            return this;
        }

        /** The results go to this file. */
        public Builder output(Path file) {
            this.output = file;
            this.stream = null;
            return this;
        }

        /** The results go to this stream, which is flushed and not closed; the job's file is kept beside the input. */
        public Builder output(OutputStream out) {
            this.stream = out;
            this.output = null;
            return this;
        }

        /**
         * The key that is sent as bearer token; none unless set.
         *
         * @throws IllegalArgumentException if it is empty or holds anything but visible ASCII, without repeating it
         */
        public Builder apiKey(String key) {
            if (key.isEmpty() || key.chars().anyMatch(c -> c <= ' ' || c > '~')) {
                throw new IllegalArgumentException("the API key is empty or holds a character that no key has, such as"
                        + " a space or a line break; check where it comes from");
            }
            this.apiKey = key;
            return this;
        }

        /** Who answers, as the job remembers it; the base URL unless set. For an upstream without a lasting address. */
        public Builder upstream(String name) {
            this.upstream = name;
            return this;
        }

        /** Own limits; none unless set. */
        public Builder caps(List<Limit> limits) {
            this.caps = List.copyOf(limits);
            return this;
        }

        /** The most calls in flight, 1 to {@value QuotaSettings#DEFAULT_MAX_CONCURRENCY}. */
        public Builder concurrency(int calls) {
            if (calls < 1 || calls > QuotaSettings.DEFAULT_MAX_CONCURRENCY) {
                throw new IllegalArgumentException(
                        "--concurrency is " + calls + "; it must be 1 to " + QuotaSettings.DEFAULT_MAX_CONCURRENCY);
            }
            this.concurrency = OptionalInt.of(calls);
            return this;
        }

        /** The most that the job may cost over all its runs, US dollars, more than 0; no cap unless set. */
        public Builder budgetDollars(BigDecimal dollars) {
            if (dollars.signum() <= 0) {
                throw new IllegalArgumentException(
                        "--budget is " + dollars.toPlainString() + "; it must be more than 0 dollars");
            }
            if (dollars.compareTo(BigDecimal.valueOf(1_000_000_000)) > 0) {
                throw new IllegalArgumentException(
                        "--budget is " + dollars.toPlainString() + "; it must be at most 1000000000 dollars");
            }
            this.budgetDollars = dollars;
            return this;
        }

        /** Attempts per row that count, the first included; 6 unless set, 1 or more. */
        public Builder maxAttempts(int attempts) {
            if (attempts < 1) {
                throw new IllegalArgumentException("--max-attempts is " + attempts + "; it must be 1 or more");
            }
            this.maxAttempts = attempts;
            return this;
        }

        /** The longest that one call may take; 10 minutes unless set, 1 ms to 1 day. */
        public Builder timeout(Duration time) {
            if (time.compareTo(Duration.ofMillis(1)) < 0 || time.compareTo(Duration.ofDays(1)) > 0) {
                throw new IllegalArgumentException("--timeout is " + time + "; it must be between 1 ms and 1 day");
            }
            this.timeout = time;
            return this;
        }

        public Builder retryFailed(boolean retry) {
            this.retryFailed = retry;
            return this;
        }

        public Builder skipBad(boolean skip) {
            this.skipBad = skip;
            return this;
        }

        public Builder restart(boolean again) {
            this.restart = again;
            return this;
        }

        /** Tells limits that answers do not show; the built-in table unless set. */
        public Builder tiers(TierTable table) {
            this.tiers = table;
            return this;
        }

        /** Tells costs; the built-in table unless set. */
        public Builder prices(PriceTable table) {
            this.prices = table;
            return this;
        }

        /** Sent as {@code User-Agent: penstock/VERSION} and remembered by the job. */
        public Builder toolVersion(String version) {
            this.toolVersion = version;
            return this;
        }

        /** Of the jitter of retries. */
        public Builder seed(long newSeed) {
            this.seed = newSeed;
            return this;
        }

        /** Sends the rows through the Batch API instead of live. */
        public Builder batch(BatchOptions options) {
            this.batch = options;
            return this;
        }

        /** How long a batch whose creation was not answered may take to show in the provider's list; 20 s unless set. */
        public Builder settling(Duration time) {
            if (time.isNegative() || time.compareTo(Duration.ofHours(1)) > 0) {
                throw new IllegalArgumentException("--settling is " + time + "; it must be between 0 and 1 h");
            }
            this.settling = time;
            return this;
        }

        /**
         * How long a batch may take to end that is cancelled, up to an hour; 10 minutes unless set, as the vendor says.
         *
         * @see <a href="https://platform.openai.com/docs/guides/batch">Batch API guide, cancelling</a>
         */
        public Builder cancelling(Duration time) {
            if (time.isNegative() || time.compareTo(Duration.ofHours(1)) > 0) {
                throw new IllegalArgumentException("--cancelling is " + time + "; it must be between 0 and 1 h");
            }
            this.cancelling = time;
            return this;
        }

        /** @throws IllegalArgumentException if no output was named */
        public RunSettings build() {
            if (output == null && stream == null) {
                throw new IllegalArgumentException("the run of " + input + " has no output; name a file or a stream");
            }
            return new RunSettings(this);
        }
    }
}
