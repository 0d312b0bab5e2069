package dev.penstock.gateway;

import dev.penstock.verdict.Verdict;
import java.util.Locale;

/** What ends of attempts mean: for the bill, and in answers of the gateway's own. */
final class Faults {
    private Faults() {}

    /** Whether what ended like this may be on the bill. */
    static boolean mayCost(Verdict verdict) {
        return switch (verdict) {
            case Verdict.Accepted accepted -> true;
            case Verdict.Transient fault -> fault.fault().mayBeBilled();
            case Verdict.Throttled throttled -> false;
            case Verdict.SlowDown slowDown -> false;
            case Verdict.Rejected rejected -> false;
            case Verdict.AccountStopped stopped -> false;
        };
    }

    static int statusOf(Verdict verdict) {
        return verdict instanceof Verdict.Transient fault && fault.fault() == Verdict.Fault.TIMEOUT ? 504 : 502;
    }

    static String codeOf(Verdict verdict) {
        return verdict instanceof Verdict.Transient fault
                ? "upstream_" + fault.fault().name().toLowerCase(Locale.ROOT)
                : "upstream_error";
    }
}
