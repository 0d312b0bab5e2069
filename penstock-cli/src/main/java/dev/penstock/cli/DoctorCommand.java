package dev.penstock.cli;

import dev.penstock.jobs.doctor.Doctor;
import dev.penstock.jobs.doctor.Examination;
import dev.penstock.time.Ticker;
import dev.penstock.wire.GoDuration;
import dev.penstock.wire.PriceTable;
import dev.penstock.wire.TierTable;
import java.math.BigDecimal;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Asks the API itself what it allows. */
@Command(
        name = "doctor",
        description = {
            "Ask the API with a few of its cheapest calls: which limits hold, which tier that is, whether the account has credit,"
                    + " what is on the way, and which settings of clients do not go with it. What will be asked and the most it can"
                    + " cost is said first."
        },
        synopsisHeading = "Usage: ",
        descriptionHeading = "%n",
        optionListHeading = "%n",
        sortOptions = false,
        footerHeading = "%nExit codes:%n",
        footer = {
            "  0    the account can work",
            "  1    it can, but a model cannot be used",
            "  2    wrong usage",
            "  3    no credit, a bad key, or out of reach"
        })
final class DoctorCommand implements Callable<Integer> {
    private static final String USUAL_MODEL = "gpt-4o-mini";
    private static final Duration USUAL_TIMEOUT = Duration.ofSeconds(30);
    private static final Duration LONGEST_TIMEOUT = Duration.ofMinutes(10);

    private final Shell shell;

    @Option(
            names = "--model",
            paramLabel = "M",
            description = "A model to ask about (default gpt-4o-mini). Repeat it for up to three.")
    private List<String> models = new ArrayList<>();

    @Option(
            names = "--base-url",
            paramLabel = "URL",
            description = "The API (default: OPENAI_BASE_URL, else https://api.openai.com/v1).")
    private Optional<String> baseUrl = Optional.empty();

    @Option(
            names = "--api-key-env",
            paramLabel = "NAME",
            description = "The environment variable with the API key (default OPENAI_API_KEY).")
    private Optional<String> keyVariable = Optional.empty();

    @Option(names = "--timeout", paramLabel = "TIME", description = "The longest wait for an answer (default 30s).")
    private Optional<String> timeout = Optional.empty();

    @Option(
            names = "--tiers",
            paramLabel = "FILE",
            description = "Your own table of limits as CSV: family, tier and any of rpm, rpd, tpm, tpd.")
    private Optional<Path> tiers = Optional.empty();

    @Option(names = "--dry-run", description = "Say what would be asked, and ask nothing.")
    private boolean dryRun;

    @Option(names = "--json", description = "Print a JSON object for programs.")
    private boolean json;

    @Option(
            names = {"-h", "--help"},
            usageHelp = true,
            description = "Show this help.")
    private boolean help;

    DoctorCommand(Shell shell) {
        this.shell = shell;
    }

    @Override
    public Integer call() {
        URI url = ApiAddress.of(shell, "--base-url", baseUrl);
        if (models.isEmpty()) {
            models.add(USUAL_MODEL);
        }
        if (models.size() > Doctor.MOST_MODELS) {
            throw new UsageException("--model is given " + models.size() + " times; it may be given up to "
                    + Doctor.MOST_MODELS + " times, as each is asked");
        }
        TierTable table = tiers.map(TierTable.builtIn()::overriddenBy).orElseGet(TierTable::builtIn);
        Optional<String> key = dryRun ? Optional.empty() : RunOptions.key(shell, keyVariable, url);
        Doctor doctor = new Doctor(
                url,
                key,
                "penstock/" + Version.text(),
                models,
                table,
                wait(timeout),
                Ticker.system(),
                InstantSource.system());
        announce(doctor, url);
        if (dryRun) {
            return ExitCode.OK;
        }
        QuietLogs.unless(shell.debugging());
        if (key.isPresent()) {
            ApiAddress.warnOfAKeyInTheOpen(shell, url);
        }
        ApiAddress.noteAMissingPath(shell, url);
        Examination found = RunOptions.read(doctor::examine);
        DoctorFrame frame = new DoctorFrame(url, baseUrl.isPresent(), keyVariable, models);
        if (json) {
            shell.out().println(DoctorJson.of(found, frame));
        } else {
            new DoctorReport(found, frame, Screen.widthOrElse(shell, 100)).print(shell.out());
        }
        return frame.exitCode(found);
    }

    private static Duration wait(Optional<String> text) {
        Duration time = text.map(given -> GoDuration.parse(given)
                        .filter(Duration::isPositive)
                        .orElseThrow(() -> new UsageException(
                                "--timeout is '" + given + "'; it must be a duration above 0, such as 30s")))
                .orElse(USUAL_TIMEOUT);
        if (time.compareTo(LONGEST_TIMEOUT) > 0) {
            throw new UsageException("--timeout is '" + text.orElse("") + "'; it must be 10m or less");
        }
        return time;
    }

    /** Where it does not get into the results; before anything is sent. */
    private void announce(Doctor doctor, URI url) {
        java.io.PrintStream to = json || !dryRun ? shell.err() : shell.out();
        to.println((dryRun ? "Would ask " : "Asking ") + url.getScheme() + "://" + url.getAuthority()
                + Optional.ofNullable(url.getPath()).orElse("") + ":");
        int width = Screen.widthOrElse(shell, 100);
        doctor.questions().forEach(question -> to.println(Wrapping.wrap("  " + question, width, 4)));
        Optional<BigDecimal> most = doctor.mostDollars(PriceTable.builtIn());
        to.println(
                most.map(dollars -> "It can cost " + Figures.dollars(dollars) + " at most, at OpenAI's list prices.")
                        .orElse(
                                "What it can cost at most is not known, as a model has no price in the table; it is a few dozen tokens."));
        to.flush();
    }
}
