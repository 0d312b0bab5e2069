package dev.penstock.gateway;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.HexFormat;

/**
 * What makes requests identical: who asks whom for what. Of the body only a hash is kept.
 *
 * @param digest SHA-256 of target and body
 */
record JoinKey(String tenant, LaneKey lane, String digest) {
    static JoinKey of(String tenant, LaneKey lane, String target, byte[] body) {
        MessageDigest digest = RequestHead.sha256();
        digest.update(target.getBytes(StandardCharsets.UTF_8));
        digest.update((byte) 0);
        digest.update(body);
        return new JoinKey(tenant, lane, HexFormat.of().formatHex(digest.digest()));
    }
}
