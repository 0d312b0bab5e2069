package dev.penstock.benchmarks;

import dev.penstock.benchmarks.LoadClient.Loop;
import dev.penstock.benchmarks.LoadClient.Sending;
import dev.penstock.benchmarks.Scorecard.Bound;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.function.ToDoubleFunction;

/** What a request costs that need not wait, beside two other proxies in the same run. */
final class GatewayCost {
    private static final int ROUNDS = 5;
    private static final Duration ROUND = Duration.ofSeconds(3);
    private static final Duration WARM_UP = Duration.ofSeconds(15);
    private static final List<Integer> CONNECTIONS = List.of(1, 16, 64);
    private static final String QUESTION = "how many apples are left when seven were eaten and two more were bought? ";

    private GatewayCost() {}

    private record Proxy(String name, LoadClient load, Optional<Program> program) {}

    private record Case(String kind, Sending sending, int connections) {}

    private record Figures(double cpuMicros, double perSecond, double p50Millis, double p99Millis, long failures) {}

    /** One proxy in one case, and what its rounds made. */
    private record Cell(Case of, Proxy proxy, List<Figures> rounds) {}

    static void run(Bench bench) throws IOException, InterruptedException {
        try (Program upstream = Program.startJava(bench.root(), bench.log(), MockUpstream.class, "0")) {
            int port = upstream.port();
            try (Program bare =
                            Program.startJava(bench.root(), bench.log(), BareProxy.class, "0", Integer.toString(port));
                    GatewayProcess gateway = GatewayProcess.start(bench, "http://127.0.0.1:" + port + "/v1")) {
                int barePort = bare.port();
                Optional<Nginx.Running> nginx = Nginx.start(bench, port);
                List<Proxy> proxies = new ArrayList<>();
                try {
                    proxies.add(new Proxy("direct", new LoadClient(port), Optional.empty()));
                    nginx.ifPresent(running -> proxies.add(
                            new Proxy("nginx", new LoadClient(running.port()), Optional.of(running.program()))));
                    proxies.add(new Proxy("bare", new LoadClient(barePort), Optional.of(bare)));
                    proxies.add(new Proxy("gateway", new LoadClient(gateway.port()), Optional.of(gateway.program())));
                    measure(bench, proxies);
                } finally {
                    proxies.forEach(proxy -> proxy.load.close());
                    nginx.ifPresent(running -> running.program().close());
                }
            }
        }
    }

    private static void measure(Bench bench, List<Proxy> proxies) throws InterruptedException {
        List<Case> cases = new ArrayList<>();
        for (int connections : CONNECTIONS) {
            cases.add(new Case("plain", LoadClient.chat(QUESTION.repeat(4), 100, Map.of()), connections));
            cases.add(new Case("stream", LoadClient.stream(QUESTION.repeat(4), 100), connections));
        }
        List<Cell> cells = new ArrayList<>();
        for (Proxy proxy : proxies) {
            // The gateway also has to find out how many calls its upstream takes at a time.
            for (Case each : cases.subList(cases.size() - 2, cases.size())) {
                Loop unused = proxy.load.loop(each.connections, WARM_UP, each.sending);
            }
            cases.forEach(each -> cells.add(new Cell(each, proxy, new ArrayList<>())));
        }
        List<Cell> order = new ArrayList<>(cells);
        Random random = new Random(31);
        for (int round = 0; round < ROUNDS; round++) {
            Collections.shuffle(order, random);
            for (Cell cell : order) {
                cell.rounds.add(round(cell.proxy, cell.of));
            }
        }
        for (Case each : cases) {
            print(bench, each, cells.stream().filter(cell -> cell.of == each).toList());
        }
    }

    private static List<Figures> of(String proxy, List<Cell> cells) {
        return cells.stream()
                .filter(cell -> cell.proxy.name.equals(proxy))
                .findFirst()
                .orElseThrow()
                .rounds;
    }

    private static Figures round(Proxy proxy, Case of) throws InterruptedException {
        Duration before = cpu(proxy);
        Loop loop = proxy.load.loop(of.connections, ROUND, of.sending);
        Duration used = cpu(proxy).minus(before);
        return new Figures(
                used.toNanos() / 1e3 / loop.tookNanos().length,
                loop.perSecond(),
                loop.millis(0.5),
                loop.millis(0.99),
                loop.failures());
    }

    private static Duration cpu(Proxy proxy) {
        return proxy.program.map(Program::cpu).orElse(Duration.ZERO);
    }

    private static void print(Bench bench, Case of, List<Cell> cells) {
        StringBuilder text = new StringBuilder();
        for (Cell cell : cells) {
            List<Figures> rounds = cell.rounds;
            text.append(
                    "%n        %-8s %6.1f us CPU a request, %,8.0f requests/s, half within %.2f ms, 99 %% within %.2f ms"
                            .formatted(
                                    cell.proxy.name,
                                    median(rounds, Figures::cpuMicros),
                                    median(rounds, Figures::perSecond),
                                    median(rounds, Figures::p50Millis),
                                    median(rounds, Figures::p99Millis)));
        }
        List<Figures> gateway = of("gateway", cells);
        List<Figures> bare = of("bare", cells);
        List<Figures> direct = of("direct", cells);
        // Round by round: what else the machine did then went into both.
        double[] ratios = new double[gateway.size()];
        for (int i = 0; i < ratios.length; i++) {
            ratios[i] = gateway.get(i).cpuMicros / bare.get(i).cpuMicros;
        }
        Arrays.sort(ratios);
        double ratio = ratios[ratios.length / 2];
        double added = median(gateway, Figures::p50Millis) - median(direct, Figures::p50Millis);
        List<Bound> bounds = new ArrayList<>();
        bounds.add(Bound.exactly(
                "not answered", gateway.stream().mapToLong(Figures::failures).sum(), 0));
        if (of.connections == 1) {
            bounds.add(Bound.atMost("added to the median", added, 1, " ms"));
        } else {
            bounds.add(Bound.atMost("CPU a request, × bare proxy", ratio, 1.3, ""));
        }
        if (of.connections == 64 && of.kind.equals("plain")) {
            bounds.add(Bound.atLeast("gateway", median(gateway, Figures::perSecond), 3_000, " requests/s"));
        }
        bench.scorecard()
                .print(
                        "gateway: cost, " + of.kind + ", " + of.connections + " at a time",
                        "CPU %.2f × the bare proxy's (%.2f to %.2f), %.2f ms added%s"
                                .formatted(ratio, ratios[0], ratios[ratios.length - 1], added, text),
                        bounds.toArray(Bound[]::new));
    }

    private static double median(List<Figures> rounds, ToDoubleFunction<Figures> figure) {
        double[] sorted = rounds.stream().mapToDouble(figure).sorted().toArray();
        return sorted[sorted.length / 2];
    }
}
