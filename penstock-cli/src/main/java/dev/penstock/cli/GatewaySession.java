package dev.penstock.cli;

import dev.penstock.emulator.Emulator;
import dev.penstock.gateway.Gateway;
import dev.penstock.gateway.GatewaySettings;
import dev.penstock.gateway.admin.AdminServer;
import dev.penstock.gateway.admin.AdminSettings;
import dev.penstock.gateway.admin.Telemetry;
import dev.penstock.gateway.config.ConfigException;
import dev.penstock.gateway.config.ConfigFile;
import dev.penstock.gateway.config.ConfigReader;
import dev.penstock.gateway.config.GatewayConfig;
import dev.penstock.gateway.config.StateFileException;
import dev.penstock.gateway.config.TenantBudgets;
import dev.penstock.gateway.config.Upstream;
import dev.penstock.gateway.config.VirtualKey;
import dev.penstock.time.Ticker;
import dev.penstock.wire.PriceTable;
import dev.penstock.wire.TierTable;
import java.io.IOException;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.LocalTime;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/** The gateway as a process, from its options until it is interrupted. */
final class GatewaySession {
    /** What runs may take as long as an answer may; whoever cannot wait asks twice. */
    private static final Duration DRAIN = Duration.ofMinutes(10);

    private static final long LOOK_MILLIS = 1_000;

    private static final DateTimeFormatter TIME = DateTimeFormatter.ofPattern("HH:mm:ss", Locale.ROOT);

    private final Shell shell;
    private final GatewayCommand command;
    private final GatewayOptions options;

    /** Where spent budgets are kept, from start to end. */
    private Optional<Path> stateFile = Optional.empty();

    GatewaySession(Shell shell, GatewayCommand command) {
        this.shell = shell;
        this.command = command;
        this.options = new GatewayOptions(shell, command);
    }

    int serve() throws InterruptedException {
        options.check();
        if (command.configuring.newKey) {
            return newKey();
        }
        if (command.configuring.schema) {
            shell.out().print(ConfigReader.schema());
            shell.out().flush();
            return ExitCode.OK;
        }
        QuietLogs.unless(shell.debugging());
        TierTable tiers =
                command.configuring.tiers.map(TierTable.builtIn()::overriddenBy).orElseGet(TierTable::builtIn);
        Optional<String> tier = command.answering.emulate;
        if (tier.isEmpty()) {
            return serve(options.upstream(), tiers);
        }
        String latency = command.answering.emulateLatency.orElse(EmulatorOptions.DEFAULT_LATENCY);
        try (Emulator emulator = Emulator.start(EmulatorOptions.inProcess(tier.get(), latency, tiers, 1))) {
            return serve(options.emulator(emulator.baseUri()), tiers);
        }
    }

    private int newKey() {
        VirtualKey key = VirtualKey.create(new SecureRandom());
        shell.out().println(key.secret().reveal());
        shell.out().println(key.hash());
        shell.out().flush();
        shell.err()
                .println(
                        "The first line is the key: give it to the tenant, it is not shown again. The second is its hash:"
                                + " put it under keys: of the tenant in the configuration.");
        return ExitCode.OK;
    }

    private int serve(Upstream upstream, TierTable tiers) throws InterruptedException {
        try {
            Optional<ConfigFile> file = options.configFile(upstream);
            GatewayConfig config = options.config(file.map(ConfigFile::current), upstream);
            options.checkWhoMayComeIn(config.keys());
            stateFile = config.stateFile();
            try (TenantBudgets budgets =
                    config.stateFile().map(TenantBudgets::open).orElseGet(TenantBudgets::forgetful)) {
                return serve(config, file, budgets, upstream, tiers);
            }
        } catch (ConfigException e) {
            e.problems().forEach(problem -> shell.error(problem.toString()));
            return ExitCode.USAGE;
        } catch (StateFileException e) {
            throw new UsageException(String.valueOf(e.getMessage()), e);
        } catch (UncheckedIOException e) {
            throw new UsageException(String.valueOf(e.getMessage()), e);
        } catch (IOException e) {
            throw new UsageException(
                    "the state of budgets could not be written (" + e.getClass().getSimpleName()
                            + "); check the disk and the rights of its directory",
                    e);
        }
    }

    private int serve(
            GatewayConfig config, Optional<ConfigFile> file, TenantBudgets budgets, Upstream fallback, TierTable tiers)
            throws InterruptedException {
        PriceTable prices = command.configuring
                .prices
                .map(PriceTable.builtIn()::overriddenBy)
                .orElseGet(PriceTable::builtIn);
        Telemetry telemetry = new Telemetry(Ticker.system(), InstantSource.system());
        GatewaySettings settings = new GatewaySettings(
                command.host, command.port, config, budgets, tiers, prices, InstantSource.system(), 1);
        CountDownLatch interrupted = new CountDownLatch(1);
        AtomicInteger times = new AtomicInteger();
        Gateway gateway = Gateway.start(settings, telemetry);
        try (AdminServer admin = AdminServer.start(
                        AdminSettings.loopback(command.adminPort, gateway.baseUri()), telemetry, gateway::snapshot);
                Interrupts interrupts = Interrupts.handledBy(() -> interrupt(interrupted, times))) {
            if (command.port == 0) {
                shell.out().println(gateway.port());
                shell.out().flush();
            }
            welcome(gateway, admin, config);
            UpstreamNotices notices = new UpstreamNotices();
            while (!interrupted.await(LOOK_MILLIS, TimeUnit.MILLISECONDS)) {
                look(gateway, file, budgets, fallback);
                notices.of(gateway.snapshot()).forEach(this::notice);
            }
            shell.err()
                    .println("Stopping: calls in flight may finish, those that wait are told. Ctrl-C again stops at"
                            + " once.");
            goodbye(gateway.stop(DRAIN));
        } finally {
            gateway.close();
        }
        return ExitCode.OK;
    }

    /** First in order, then at once. */
    private static void interrupt(CountDownLatch interrupted, AtomicInteger times) {
        if (times.incrementAndGet() == 1) {
            interrupted.countDown();
        } else {
            Runtime.getRuntime().halt(ExitCode.INTERRUPTED);
        }
    }

    private void look(Gateway gateway, Optional<ConfigFile> file, TenantBudgets budgets, Upstream fallback) {
        try {
            budgets.store();
        } catch (IOException e) {
            shell.error("what tenants have spent could not be written ("
                    + e.getClass().getSimpleName() + "); it is tried again every second. Check the disk.");
        }
        if (file.isEmpty()) {
            return;
        }
        switch (file.get().check()) {
            case ConfigFile.Check.Unchanged unchanged -> {}
            case ConfigFile.Check.Changed changed -> reconfigure(gateway, changed.config(), fallback);
            case ConfigFile.Check.Broken broken -> {
                broken.problems().forEach(problem -> shell.error(problem.toString()));
                shell.error("the configuration is not changed until the file is in order.");
            }
        }
    }

    private void reconfigure(Gateway gateway, GatewayConfig changed, Upstream fallback) {
        try {
            options.checkWhoMayComeIn(changed.keys());
            gateway.reconfigure(options.config(Optional.of(changed), fallback));
            notice("The configuration was read again: " + upstreams(changed) + ".");
            if (changed.stateFile().isPresent() && !changed.stateFile().equals(stateFile)) {
                notice("Budgets stay " + stateFile.map(path -> "in " + path).orElse("in memory only")
                        + " until the gateway" + " is started again; "
                        + changed.stateFile().get() + " is not used yet.");
            }
        } catch (UsageException e) {
            shell.error(e.getMessage() + ". The configuration is not changed.");
        }
    }

    /** One line with the time: a gateway runs for weeks. */
    private void notice(String line) {
        Instant now = InstantSource.system().instant();
        shell.err().println(LocalTime.ofInstant(now, ZoneId.systemDefault()).format(TIME) + " " + line);
    }

    private void goodbye(Gateway.Stopped stopped) {
        String cutOff = stopped.cutOff() == 0
                ? ""
                : ", " + Figures.count(stopped.cutOff(), "call") + " cut off or left by their clients";
        shell.err()
                .println("Stopped: " + Figures.count(stopped.finished(), "call") + " finished, "
                        + Figures.count(stopped.turnedAway(), "request") + " turned away" + cutOff + ".");
    }

    private void welcome(Gateway gateway, AdminServer admin, GatewayConfig config) {
        PrintStream err = shell.err();
        String base = gateway.baseUri().toString();
        boolean trying = command.answering.emulate.isPresent() && config.keys().isOpen();
        err.println("Gateway at " + base + "  (Ctrl-C stops)");
        err.println();
        err.println("  upstream   " + upstreams(config));
        err.println("  who        "
                + (config.keys().isOpen()
                        ? "anyone on this machine"
                                + (ApiAddress.isLoopback(command.host) ? "" : " and beyond: --insecure")
                        : Figures.count(config.keys().tenants().size(), "tenant") + " with keys"));
        err.println("  waiting    at most " + Figures.count(config.queue().maxRequests(), "request") + ", "
                + Figures.time(config.queue().deadline()) + " each unless they say otherwise");
        config.stateFile().ifPresent(file -> err.println("  budgets    kept in " + file));
        err.println("  live page  " + admin.uri());
        err.println();
        boolean everywhere = command.host.equals("0.0.0.0") || command.host.equals("::");
        String reached = everywhere ? "http://<this machine>:" + gateway.port() + "/v1" : base;
        err.println("  export OPENAI_BASE_URL=" + reached + (trying ? " OPENAI_API_KEY=any" : ""));
        if (trying) {
            err.println("  curl " + base + "/chat/completions -d '{\"model\":\"gpt-4o-mini\",\"messages\":[{\"role\":"
                    + "\"user\",\"content\":\"Hello\"}]}'");
        }
    }

    private static String upstreams(GatewayConfig config) {
        StringBuilder out = new StringBuilder();
        for (Upstream upstream : config.upstreams()) {
            out.append(out.isEmpty() ? "" : ", ")
                    .append(upstream.name())
                    .append(' ')
                    .append(upstream.baseUrl());
        }
        boolean own =
                config.upstreams().stream().anyMatch(upstream -> upstream.key().isPresent());
        return out.append(own ? "" : ", with the clients' own keys").toString();
    }
}
