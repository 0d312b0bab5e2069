package dev.penstock.queue;

import dev.penstock.limit.Cost;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The waiting requests of one tenant in one band, in the order in which they are served: those that came back, by
 * arrival; then the others, earliest deadline first, equal deadlines by arrival.
 *
 * <p>It is a treap (R. Seidel and C. Aragon, "Randomized Search Trees", 1996) of the requests themselves, in which each
 * knows the sums of the subtree below it; so adding, removing and sums over any beginning of the line cost O(log n). The
 * heap order is a hash of the order of arrival, which no client chooses: no randomness has to be passed in, and the same
 * operations make the same tree.
 */
final class Line<T> {
    private @Nullable Waiting<T> root;
    private int size;

    int size() {
        return size;
    }

    boolean isEmpty() {
        return size == 0;
    }

    /** The request at the top of the tree, whose sums are those of the whole line. */
    @Nullable
    Waiting<T> root() {
        return root;
    }

    @Nullable
    Waiting<T> first() {
        Waiting<T> node = root;
        while (node != null && node.left != null) {
            node = node.left;
        }
        return node;
    }

    /** The one after it, which must be in this line. */
    @Nullable
    Waiting<T> next(Waiting<T> node) {
        if (node.right != null) {
            Waiting<T> next = node.right;
            while (next.left != null) {
                next = next.left;
            }
            return next;
        }
        Waiting<T> child = node;
        Waiting<T> parent = node.parent;
        while (parent != null && parent.right == child) {
            child = parent;
            parent = parent.parent;
        }
        return parent;
    }

    void add(Waiting<T> added) {
        Waiting<T> parent = null;
        boolean goesLeft = false;
        for (Waiting<T> node = root; node != null; ) {
            parent = node;
            goesLeft = isBefore(added, node);
            node = goesLeft ? node.left : node.right;
        }
        added.parent = parent;
        if (parent == null) {
            root = added;
        } else if (goesLeft) {
            parent.left = added;
        } else {
            parent.right = added;
        }
        size++;
        sumUpFrom(added);
        long height = height(added);
        for (Waiting<T> above = added.parent; above != null && height(above) < height; above = added.parent) {
            lift(added, above);
        }
    }

    void remove(Waiting<T> removed) {
        while (removed.left != null || removed.right != null) {
            Waiting<T> left = removed.left;
            Waiting<T> right = removed.right;
            if (right == null || (left != null && height(left) > height(right))) {
                lift(Objects.requireNonNull(left), removed);
            } else {
                lift(right, removed);
            }
        }
        Waiting<T> parent = removed.parent;
        replace(parent, removed, null);
        removed.parent = null;
        size--;
        if (parent != null) {
            sumUpFrom(parent);
        }
    }

    /**
     * Adds up what is served before this place, which need not be in the line.
     *
     * @return how far the tenant's tag moves until then
     */
    double addBefore(Waiting<T> place, Sums sums) {
        double virtualSeconds = 0;
        for (Waiting<T> node = root; node != null; ) {
            if (isBefore(node, place)) {
                sums.add(node);
                sums.addSubtree(node.left);
                virtualSeconds += node.virtualSeconds() + virtualBelow(node.left);
                node = node.right;
            } else {
                node = node.left;
            }
        }
        return virtualSeconds;
    }

    /** Adds up the requests whose start tags, counted from the tag of the first, are below a limit, or also at it. */
    void addStartingBefore(double limit, boolean inclusive, Sums sums) {
        double virtualSeconds = 0;
        for (Waiting<T> node = root; node != null; ) {
            double start = virtualSeconds + virtualBelow(node.left);
            if (start < limit || (inclusive && start == limit)) {
                sums.add(node);
                sums.addSubtree(node.left);
                virtualSeconds = start + node.virtualSeconds();
                node = node.right;
            } else {
                node = node.left;
            }
        }
    }

    static boolean isBefore(Waiting<?> a, Waiting<?> b) {
        if (a.returned != b.returned) {
            return a.returned;
        }
        if (!a.returned && a.deadlineNanos() != b.deadlineNanos()) {
            return a.deadlineNanos() - b.deadlineNanos() < 0;
        }
        return a.sequence < b.sequence;
    }

    /** Turns the tree around the edge between a node and its child, which takes its parent's place. */
    private void lift(Waiting<T> child, Waiting<T> parent) {
        replace(parent.parent, parent, child);
        child.parent = parent.parent;
        Waiting<T> moved;
        if (parent.left == child) {
            moved = child.right;
            parent.left = moved;
            child.right = parent;
        } else {
            moved = child.left;
            parent.right = moved;
            child.left = parent;
        }
        if (moved != null) {
            moved.parent = parent;
        }
        parent.parent = child;
        sumUp(parent);
        sumUp(child);
    }

    private void replace(@Nullable Waiting<T> parent, Waiting<T> old, @Nullable Waiting<T> replacement) {
        if (parent == null) {
            root = replacement;
        } else if (parent.left == old) {
            parent.left = replacement;
        } else {
            parent.right = replacement;
        }
    }

    private void sumUpFrom(Waiting<T> lowest) {
        for (Waiting<T> node = lowest; node != null; node = node.parent) {
            sumUp(node);
        }
    }

    private void sumUp(Waiting<T> node) {
        Cost cost = node.cost();
        node.requestsBelow = cost.requests();
        node.tokensBelow = cost.tokens();
        node.imagesBelow = cost.images();
        node.shareBelow = node.shareSeconds;
        node.virtualBelow = node.virtualSeconds();
        node.oldestBelow = node.enqueuedAtNanos();
        addTo(node, node.left);
        addTo(node, node.right);
    }

    private void addTo(Waiting<T> node, @Nullable Waiting<T> child) {
        if (child == null) {
            return;
        }
        node.requestsBelow = Sums.plus(node.requestsBelow, child.requestsBelow);
        node.tokensBelow = Sums.plus(node.tokensBelow, child.tokensBelow);
        node.imagesBelow = Sums.plus(node.imagesBelow, child.imagesBelow);
        node.shareBelow += child.shareBelow;
        node.virtualBelow += child.virtualBelow;
        if (child.oldestBelow - node.oldestBelow < 0) {
            node.oldestBelow = child.oldestBelow;
        }
    }

    private static double virtualBelow(@Nullable Waiting<?> node) {
        return node == null ? 0 : node.virtualBelow;
    }

    /** The finalizer of SplitMix64, as given by G. Steele, D. Lea and C. Flood (2014). */
    private static long height(Waiting<?> node) {
        long mixed = node.sequence + 0x9e3779b97f4a7c15L;
        mixed = (mixed ^ (mixed >>> 30)) * 0xbf58476d1ce4e5b9L;
        mixed = (mixed ^ (mixed >>> 27)) * 0x94d049bb133111ebL;
        return mixed ^ (mixed >>> 31);
    }
}
