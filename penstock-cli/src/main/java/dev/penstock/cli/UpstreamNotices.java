package dev.penstock.cli;

import dev.penstock.gateway.GatewaySnapshot;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** Tells once when an upstream gets into trouble, and once when it is out of it. */
final class UpstreamNotices {
    private final Set<String> troubled = new HashSet<>();

    List<String> of(GatewaySnapshot snapshot) {
        Map<String, Optional<String>> now = new LinkedHashMap<>();
        for (GatewaySnapshot.QuotaView quota : snapshot.quotas()) {
            now.merge(quota.upstream(), quota.trouble(), (one, other) -> one.or(() -> other));
        }
        List<String> lines = new ArrayList<>();
        now.forEach((upstream, trouble) -> {
            if (trouble.isPresent() && troubled.add(upstream)) {
                lines.add("Upstream " + upstream + ": " + trouble.get());
            } else if (trouble.isEmpty() && troubled.remove(upstream)) {
                lines.add("Upstream " + upstream + " works again.");
            }
        });
        return lines; // of one that nobody has used lately, nothing is known
    }
}
