package dev.penstock.limit;

/**
 * What a provider says of one limit at the moment it admitted a request: the state after that request was charged.
 *
 * @param limit the limit and its amount
 * @param remaining units left; negative when the account is in debt
 */
public record LimitState(Limit limit, long remaining) {
    public Dimension dimension() {
        return limit.dimension();
    }
}
