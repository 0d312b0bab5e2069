package dev.penstock.gateway;

/**
 * Whose quota a request draws on, as far as its own head and body tell. Requests with the same key wait in one line.
 *
 * @param account a fingerprint of the client's credential, organization and project where those are passed on; empty where
 *     the gateway's own are sent
 * @param family model family; empty for calls that name no model
 */
record LaneKey(String account, String family) {}
