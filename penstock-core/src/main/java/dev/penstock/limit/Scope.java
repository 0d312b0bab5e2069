package dev.penstock.limit;

/** Whose limit it is. A request must fit the limits of every scope it belongs to. */
public enum Scope {
    ORGANIZATION,
    PROJECT
}
