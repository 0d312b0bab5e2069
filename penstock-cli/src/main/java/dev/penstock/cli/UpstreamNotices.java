package dev.penstock.cli;

import dev.penstock.gateway.GatewaySnapshot;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Tells once when an upstream gets into trouble, and once when it is out of it. */
final class UpstreamNotices {
    private final Map<String, String> troubled = new LinkedHashMap<>();

    List<String> of(GatewaySnapshot snapshot) {
        Map<String, String> now = new LinkedHashMap<>();
        snapshot.quotas().forEach(quota -> quota.trouble().ifPresent(why -> now.putIfAbsent(quota.upstream(), why)));
        List<String> lines = new ArrayList<>();
        now.forEach((upstream, why) -> {
            if (!troubled.containsKey(upstream)) {
                lines.add("Upstream " + upstream + ": " + why);
            }
        });
        troubled.keySet().stream()
                .filter(upstream -> !now.containsKey(upstream))
                .forEach(upstream -> lines.add("Upstream " + upstream + " works again."));
        troubled.clear();
        troubled.putAll(now);
        return lines;
    }
}
