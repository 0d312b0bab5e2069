package dev.penstock.queue;

import static dev.penstock.queue.Arrivals.SECOND;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.penstock.limit.Cost;
import java.lang.reflect.Field;
import java.lang.reflect.Modifier;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

final class FairQueueTest {
    private final QueueBounds bounds = new QueueBounds(100_000, 1L << 40);
    private final FairQueue<String> queue = new FairQueue<>(bounds, FairQueue.Settings.DEFAULTS);

    private Waiting<String> add(String item, Arrivals arrivals) {
        return queue.add(arrivals.with(item)).orElseThrow();
    }

    private Waiting<String> add(String item, String tenant) {
        return add(item, Arrivals.of(tenant));
    }

    private Waiting<String> serve() {
        Waiting<String> head = queue.head(tenant -> true).orElseThrow();
        queue.take(head);
        return head;
    }

    private List<String> serveAll() {
        var items = new ArrayList<String>();
        while (!queue.isEmpty()) {
            items.add(serve().item());
        }
        return items;
    }

    @Test
    void oneTenantIsServedInOrderOfArrival() {
        add("a", "T");
        add("b", "T");
        add("c", "T");
        assertThat(serveAll()).containsExactly("a", "b", "c");
        assertThat(queue.head(tenant -> true)).isEmpty();
    }

    @Test
    void theEarliestDeadlineGoesFirstInsideATenant() {
        add("late", Arrivals.of("T").until(30 * SECOND));
        add("soon", Arrivals.of("T").until(10 * SECOND));
        add("between", Arrivals.of("T").until(20 * SECOND));
        assertThat(serveAll()).containsExactly("soon", "between", "late");
    }

    @Test
    void deadlinesAreComparedAcrossTheWrapAroundOfTheClock() {
        long now = Long.MAX_VALUE - 5 * SECOND;
        add("after", Arrivals.of("T").at(now).until(now + 10 * SECOND));
        add("before", Arrivals.of("T").at(now).until(now + 3 * SECOND));
        assertThat(queue.nextDeadline()).hasValue(now + 3 * SECOND);
        assertThat(queue.pollExpired(now)).isEmpty();
        assertThat(queue.pollExpired(now + 9 * SECOND)).map(Waiting::item).hasValue("before");
        assertThat(queue.pollExpired(now + 9 * SECOND)).isEmpty();
        assertThat(queue.pollExpired(now + 10 * SECOND)).map(Waiting::item).hasValue("after");
        assertThat(queue.nextDeadline()).isEmpty();
    }

    @Test
    void tenantsTakeTurnsHoweverManyRequestsOneOfThemHas() {
        add("h1", "heavy");
        add("h2", "heavy");
        add("h3", "heavy");
        add("l1", "light");
        add("l2", "light");
        assertThat(serveAll()).containsExactly("h1", "l1", "h2", "l2", "h3");
    }

    @Test
    void aTenantOfTwiceTheWeightIsServedTwiceAsOften() {
        for (int i = 0; i < 6; i++) {
            add("a" + i, Arrivals.of("A").weight(2));
            add("b" + i, Arrivals.of("B").weight(1));
        }
        var first = new ArrayList<String>();
        for (int i = 0; i < 9; i++) {
            first.add(serve().item());
        }
        assertThat(first.stream().filter(item -> item.startsWith("a"))).hasSize(6);
    }

    @Test
    void tenantsShareByCostAndNotByNumber() {
        for (int i = 0; i < 3; i++) {
            add("big" + i, Arrivals.of("A").share(4));
        }
        for (int i = 0; i < 12; i++) {
            add("small" + i, Arrivals.of("B").share(1));
        }
        var first = new ArrayList<String>();
        for (int i = 0; i < 10; i++) {
            first.add(serve().item());
        }
        assertThat(first.stream().filter(item -> item.startsWith("big"))).hasSize(2);
    }

    @Test
    void withoutAKnownLimitTenantsTakeTurnsByRequests() {
        for (int i = 0; i < 3; i++) {
            add("a" + i, Arrivals.of("A").share(0));
            add("b" + i, Arrivals.of("B").share(0));
        }
        assertThat(serveAll()).containsExactly("a0", "b0", "a1", "b1", "a2", "b2");
    }

    @Test
    void anIdleTenantCannotClaimThePast() {
        add("b0", "B");
        for (int i = 0; i < 100; i++) {
            add("a" + i, "A");
        }
        for (int i = 0; i < 50; i++) {
            serve();
        }
        for (int i = 1; i <= 4; i++) {
            add("b" + i, "B");
        }
        assertThat(queue.first(6)).map(Waiting::tenant).containsExactly("B", "A", "B", "A", "B", "A");
    }

    @Test
    void aTenantThatComesBackAtOnceStillOwesWhatItGot() {
        add("a1", Arrivals.of("A").share(10));
        add("b1", "B");
        add("b2", "B");
        add("b3", "B");
        assertThat(serve().item()).isEqualTo("a1");
        add("a2", "A");
        assertThat(serveAll()).containsExactly("b1", "b2", "b3", "a2");
    }

    @Test
    void aTenantThatIsHeldBackLetsOthersPassAndCannotClaimWhatItMissed() {
        for (int i = 0; i < 20; i++) {
            add("a" + i, "A");
            add("b" + i, "B");
        }
        for (int i = 0; i < 10; i++) {
            Waiting<String> head = queue.head(tenant -> !tenant.equals("A")).orElseThrow();
            assertThat(head.tenant()).isEqualTo("B");
            queue.take(head);
        }
        assertThat(queue.first(6)).map(Waiting::item).containsExactly("a0", "b10", "a1", "b11", "a2", "b12");
    }

    @Test
    void nobodyIsServedWhenAllAreHeldBack() {
        add("a", "A");
        assertThat(queue.head(tenant -> false)).isEmpty();
        assertThat(queue.size()).isEqualTo(1);
    }

    @Test
    void theMoreUrgentBandGoesFirst() {
        add("bulk", Arrivals.of("T").in(Priority.BULK));
        add("normal", Arrivals.of("T").in(Priority.NORMAL));
        add("interactive", Arrivals.of("T").in(Priority.INTERACTIVE));
        assertThat(serveAll()).containsExactly("interactive", "normal", "bulk");
    }

    @Test
    void whatWaitsBehindAMoreUrgentBandGetsATenth() {
        add("bulk0", Arrivals.of("B").in(Priority.BULK));
        add("bulk1", Arrivals.of("B").in(Priority.BULK));
        for (int i = 0; i < 40; i++) {
            add("now" + i, Arrivals.of("A").in(Priority.INTERACTIVE));
        }
        List<String> order = serveAll();
        assertThat(order.indexOf("bulk0")).isEqualTo(10);
        assertThat(order.indexOf("bulk1")).isEqualTo(20);
    }

    @Test
    void anEmptyBandEarnsNothing() {
        for (int i = 0; i < 40; i++) {
            add("now" + i, Arrivals.of("A").in(Priority.INTERACTIVE));
        }
        for (int i = 0; i < 20; i++) {
            serve();
        }
        add("bulk", Arrivals.of("B").in(Priority.BULK));
        List<String> order = serveAll();
        assertThat(order.indexOf("bulk")).isEqualTo(10);
    }

    @Test
    void withoutAgeingPriorityIsStrict() {
        var strict = new FairQueue<String>(bounds, new FairQueue.Settings(0, 0.001));
        assertThat(strict.add(Arrivals.of("B").in(Priority.BULK).with("bulk"))).isPresent();
        for (int i = 0; i < 100; i++) {
            assertThat(strict.add(Arrivals.of("A").in(Priority.INTERACTIVE).with("now")))
                    .isPresent();
        }
        for (int i = 0; i < 100; i++) {
            Waiting<String> head = strict.head(tenant -> true).orElseThrow();
            strict.take(head);
            assertThat(head.item()).isEqualTo("now");
        }
    }

    @Test
    void aBandThatIsHeldBackDoesNotSaveUpCredit() {
        for (int i = 0; i < 20; i++) {
            add("bulk" + i, Arrivals.of("B").in(Priority.BULK));
        }
        for (int i = 0; i < 300; i++) {
            add("now" + i, Arrivals.of("A").in(Priority.INTERACTIVE));
        }
        for (int i = 0; i < 200; i++) {
            queue.take(queue.head(tenant -> tenant.equals("A")).orElseThrow());
        }
        assertThat(queue.first(10))
                .filteredOn(next -> next.tenant().equals("B"))
                .hasSizeBetween(1, 5);
    }

    @Test
    void aLessUrgentBandIsServedWhileAllOfTheMoreUrgentOneAreHeldBackAndOwesNothingForIt() {
        for (int i = 0; i < 20; i++) {
            add("now" + i, Arrivals.of("A").in(Priority.INTERACTIVE));
            add("bulk" + i, Arrivals.of("B").in(Priority.BULK));
        }
        for (int i = 0; i < 8; i++) {
            Waiting<String> head = queue.head(tenant -> tenant.equals("B")).orElseThrow();
            queue.take(head);
        }
        List<String> order = serveAll();
        assertThat(order.indexOf("bulk8")).isBetween(9, 10);
    }

    @Test
    void aRefusedRequestComesBackToTheFrontAndIsChargedOnce() {
        add("a1", Arrivals.of("A").until(20 * SECOND));
        add("b1", "B");
        add("b2", "B");
        add("a2", Arrivals.of("A").until(10 * SECOND));
        Waiting<String> refused = serve();
        assertThat(refused.item()).isEqualTo("a2");
        assertThat(refused.isWaiting()).isFalse();
        add("a3", Arrivals.of("A").until(5 * SECOND));
        assertThat(queue.giveBack(refused)).isTrue();
        queue.addFirst(refused);
        assertThat(refused.isWaiting()).isTrue();
        assertThat(serveAll()).containsExactly("a2", "b1", "a3", "b2", "a1");
    }

    @Test
    void aRequestThatComesBackWithoutItsChargeGivenBackIsChargedAgain() {
        add("a1", "A");
        add("b1", "B");
        add("b2", "B");
        Waiting<String> failed = serve();
        queue.addFirst(failed);
        assertThat(queue.giveBack(failed)).isFalse();
        add("a2", "A");
        assertThat(serveAll()).containsExactly("b1", "a1", "b2", "a2");
    }

    @Test
    void severalThatComeBackKeepTheirOrderOfArrival() {
        for (String item : List.of("a", "b", "c", "d")) {
            add(item, "T");
        }
        Waiting<String> a = serve();
        Waiting<String> b = serve();
        Waiting<String> c = serve();
        for (Waiting<String> refused : List.of(b, c, a)) {
            assertThat(queue.giveBack(refused)).isTrue();
            queue.addFirst(refused);
        }
        assertThat(serveAll()).containsExactly("a", "b", "c", "d");
    }

    @Test
    void aRefusedRequestOfALessUrgentBandGetsItsCreditBack() {
        add("bulk", Arrivals.of("B").in(Priority.BULK));
        for (int i = 0; i < 40; i++) {
            add("now" + i, Arrivals.of("A").in(Priority.INTERACTIVE));
        }
        for (int i = 0; i < 10; i++) {
            serve();
        }
        Waiting<String> bulk = serve();
        assertThat(bulk.item()).isEqualTo("bulk");
        assertThat(queue.giveBack(bulk)).isTrue();
        queue.addFirst(bulk);
        assertThat(serve().item()).isEqualTo("bulk");
    }

    @Test
    void whatIsRefusedEarnsNobodyCredit() {
        add("bulk", Arrivals.of("B").in(Priority.BULK));
        for (int i = 0; i < 12; i++) {
            add("now" + i, Arrivals.of("A").in(Priority.INTERACTIVE));
        }
        for (int i = 0; i < 100; i++) {
            Waiting<String> refused = serve();
            assertThat(queue.giveBack(refused)).isTrue();
            queue.addFirst(refused);
        }
        assertThat(serveAll().indexOf("bulk")).isEqualTo(10);
    }

    @Test
    void aChargeIsGivenBackOnceAndOnlyIfThereIsOne() {
        Waiting<String> a = add("a", "A");
        assertThat(queue.giveBack(a)).isFalse();
        queue.take(a);
        assertThat(queue.giveBack(a)).isTrue();
        assertThat(queue.giveBack(a)).isFalse();
    }

    @Test
    void aChargeFromBeforeATenantWasLiftedIsNoClaim() {
        Waiting<String> early = add("a", "A");
        add("a", "A");
        for (int i = 0; i < 40; i++) {
            add("b", "B");
        }
        queue.take(early);
        for (int i = 0; i < 20; i++) {
            queue.take(queue.head(tenant -> tenant.equals("B")).orElseThrow());
        }
        for (int i = 0; i < 5; i++) {
            add("a", "A");
        }
        assertThat(queue.giveBack(early)).isTrue();
        assertThat(queue.first(4)).map(Waiting::tenant).containsExactly("A", "B", "A", "B");
    }

    @Test
    void aRequestThatHungUpIsGoneAndWasNeverCharged() {
        Waiting<String> a1 = add("a1", "A");
        add("a2", "A");
        add("b1", "B");
        assertThat(queue.remove(a1)).isTrue();
        assertThat(queue.remove(a1)).isFalse();
        assertThat(a1.isWaiting()).isFalse();
        assertThat(serveAll()).containsExactly("a2", "b1");
    }

    @Test
    void onlyWhatWaitsCanBeTakenAndOnlyWhatWasTakenCanComeBack() {
        Waiting<String> a = add("a", "A");
        assertThatThrownBy(() -> queue.addFirst(a)).isInstanceOf(IllegalStateException.class);
        queue.take(a);
        assertThatThrownBy(() -> queue.take(a))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("not in the queue");
        assertThatThrownBy(() -> queue.costAhead(a)).isInstanceOf(IllegalStateException.class);
        queue.addFirst(a);
        assertThatThrownBy(() -> queue.addFirst(a)).isInstanceOf(IllegalStateException.class);
        assertThat(queue.remove(a)).isTrue();
        assertThatThrownBy(() -> queue.addFirst(a))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("gone");
        assertThat(bounds.count()).isZero();
    }

    @Test
    void aHandleBelongsToTheQueueThatMadeIt() {
        Waiting<String> a = add("a", "A");
        var other = new FairQueue<String>(bounds, FairQueue.Settings.DEFAULTS);
        assertThatThrownBy(() -> other.take(a)).hasMessageContaining("another queue");
        assertThatThrownBy(() -> other.remove(a)).hasMessageContaining("another queue");
        assertThat(a.isWaiting()).isTrue();
    }

    @Test
    void theBoundsOfTwoQueuesHoldForBothTogether() {
        var two = new QueueBounds(2, 1000);
        var first = new FairQueue<String>(two, FairQueue.Settings.DEFAULTS);
        var second = new FairQueue<String>(two, FairQueue.Settings.DEFAULTS);
        Waiting<String> a = first.add(Arrivals.of("A").with("a")).orElseThrow();
        assertThat(second.add(Arrivals.of("A").with("b"))).isPresent();
        assertThat(first.add(Arrivals.of("A").with("c"))).isEmpty();
        first.take(a);
        assertThat(second.add(Arrivals.of("A").with("d"))).isPresent();
        first.addFirst(a);
        assertThat(two.count()).isEqualTo(3);
        assertThat(two.bytes()).isEqualTo(30);
        assertThat(first.bytes()).isEqualTo(10);
        assertThat(second.size()).isEqualTo(2);
        assertThat(second.size(Priority.NORMAL)).isEqualTo(2);
        assertThat(second.size(Priority.BULK)).isZero();
    }

    @Test
    void costAheadCountsWhatIsServedBefore() {
        add("a1", Arrivals.of("A").share(1));
        Waiting<String> a2 = add("a2", Arrivals.of("A").share(2));
        add("b1", Arrivals.of("B").share(4));
        add("b2", Arrivals.of("B").share(8));
        add("now", Arrivals.of("A").in(Priority.INTERACTIVE).share(0.5));
        assertThat(queue.costAhead(a2)).isEqualTo(new Cost(3, 5500, 0));
        assertThat(queue.costAhead(Arrivals.of("A").until(SECOND).with("first in its line")))
                .isEqualTo(new Cost(1, 500, 0));
        assertThat(queue.costAhead(Arrivals.of("C").with("new"))).isEqualTo(new Cost(3, 5500, 0));
        assertThat(queue.costAhead(Arrivals.of("A").in(Priority.INTERACTIVE).with("urgent")))
                .isEqualTo(new Cost(1, 556, 0));
    }

    @Test
    void costAheadOfAnEmptyQueueIsNothing() {
        assertThat(queue.costAhead(Arrivals.of("A").with("a"))).isEqualTo(new Cost(0, 0, 0));
    }

    @Test
    void costAheadDoesNotOverflow() {
        for (int i = 0; i < 3; i++) {
            assertThat(queue.add(new Arrival<>(
                            "huge",
                            "A",
                            1,
                            Priority.NORMAL,
                            Cost.ofTokens(Long.MAX_VALUE / 2),
                            Arrival.MAX_SHARE_SECONDS,
                            0,
                            0,
                            SECOND)))
                    .isPresent();
        }
        assertThat(queue.costAhead(Arrivals.of("A").with("last"))).isEqualTo(new Cost(3, Long.MAX_VALUE, 0));
    }

    @Test
    void tellsForEachTenantHowMuchWaitsAndSinceWhen() {
        add("a", Arrivals.of("A").at(-3 * SECOND).until(50 * SECOND));
        add("a", Arrivals.of("A").at(-2 * SECOND).until(10 * SECOND));
        add("a", Arrivals.of("A").at(-9 * SECOND).in(Priority.BULK));
        add("b", Arrivals.of("B").at(-1 * SECOND));
        assertThat(queue.tenants())
                .containsExactly(
                        new FairQueue.TenantWaiting("A", 3, -9 * SECOND),
                        new FairQueue.TenantWaiting("B", 1, -1 * SECOND));
        serve();
        assertThat(queue.tenants()).first().isEqualTo(new FairQueue.TenantWaiting("B", 1, -1 * SECOND));
    }

    @Test
    void showsTheNextInTheirOrderAndChangesNothing() {
        for (int i = 0; i < 30; i++) {
            add("a" + i, "A");
            add("b" + i, Arrivals.of("B").weight(3).in(Priority.INTERACTIVE));
        }
        List<String> shown = queue.first(50).stream().map(Waiting::item).toList();
        assertThat(queue.first(50)).map(Waiting::item).isEqualTo(shown);
        assertThat(serveAll().subList(0, 50)).isEqualTo(shown);
        assertThatThrownBy(() -> queue.first(51)).hasMessageContaining("0 to 50");
    }

    @Test
    void aHostileStreamOfTenantNamesLeavesNothingBehind() {
        add("honest", "honest");
        int most = 0;
        int honest = 0;
        for (int i = 0; i < 50_000; i++) {
            add("x", "hostile" + i);
            while (queue.size() > 3) {
                if (serve().tenant().equals("honest")) {
                    honest++;
                    add("honest", "honest");
                    break;
                }
            }
            most = Math.max(most, queue.rememberedTenants());
        }
        assertThat(most).isLessThanOrEqualTo(8);
        // Four tenants wait at any time. A fair part is a quarter; strangers who come for one turn only take half of
        // that.
        assertThat(honest).as("served of the one who waits throughout").isGreaterThan(50_000 / 8);
        serveAll();
        assertThat(queue.rememberedTenants()).isZero();
    }

    @Test
    void tenantsThatAreGoneAreForgottenEvenIfTheyNeverGotAnything() {
        add("honest", "honest");
        for (int i = 0; i < 1000; i++) {
            assertThat(queue.remove(add("x", "hostile" + i))).isTrue();
        }
        assertThat(queue.rememberedTenants()).isEqualTo(1);
    }

    @Test
    void strangersLeaveNothingBehindWhileEverybodyElseIsHeldBack() {
        add("held", "held");
        for (int i = 0; i < 1000; i++) {
            add("x", "stranger" + i);
            queue.take(queue.head(tenant -> !tenant.equals("held")).orElseThrow());
        }
        assertThat(queue.rememberedTenants()).isEqualTo(1);
    }

    @Test
    void thereIsABoundToWhatIsRememberedOfThoseWhoOwe() {
        for (int i = 0; i < Band.MAX_IDLE + 2000; i++) {
            add("x", "crowd" + i);
        }
        for (int i = 0; i < Band.MAX_IDLE + 1000; i++) {
            serve();
        }
        assertThat(queue.rememberedTenants()).isEqualTo(Band.MAX_IDLE + 1000);
        serveAll();
        assertThat(queue.rememberedTenants()).isZero();
    }

    @Test
    void aLineStaysShallowWhateverTheOrderOfDeadlines() {
        var line = new Line<String>();
        var flow = new Flow<>(new Band<String>(), "T", 1, 0);
        for (int i = 0; i < 20_000; i++) {
            long deadline = (i % 3 == 0 ? i : 50_000 - i) * SECOND;
            line.add(new Waiting<>(Arrivals.of("T").until(deadline).with("x"), i, 1, flow));
        }
        assertThat(depth(line.root())).isLessThan(60);
    }

    private static int depth(@Nullable Waiting<?> node) {
        return node == null ? 0 : 1 + Math.max(depth(node.left), depth(node.right));
    }

    /**
     * Counts fields, each reference as 8 bytes as without compressed pointers. Containers: one slot of the heap of
     * deadlines (grown by half at most) for a request; for a tenant an entry of a hash map with two slots, an entry of a
     * tree.
     */
    @Test
    void aWaitingRequestIsSmallAndSoIsATenant() {
        long heapSlot = 12;
        long request = sizeOf(Waiting.class) + sizeOf(Arrival.class) + sizeOf(Cost.class) + heapSlot;
        assertThat(request).as("bytes for a request").isLessThanOrEqualTo(400);
        long mapEntry = 16 + 3 * 8 + 8 + 2 * 8;
        long treeEntry = 16 + 5 * 8 + 8;
        long tenant = sizeOf(Flow.class) + sizeOf(Line.class) + mapEntry + treeEntry;
        assertThat(tenant).as("bytes for a tenant").isLessThanOrEqualTo(400);
        assertThat(sizeOf(Waiting.class)).as("the count sees fields").isGreaterThan(100);
    }

    private static long sizeOf(Class<?> type) {
        long bytes = 16;
        for (Field field : type.getDeclaredFields()) {
            if (!Modifier.isStatic(field.getModifiers())) {
                Class<?> of = field.getType();
                assertThat(List.of(java.util.Map.class, java.util.Collection.class))
                        .as("no container in %s", type)
                        .noneMatch(container -> container.isAssignableFrom(of));
                bytes += of == boolean.class || of == byte.class ? 1 : of == int.class ? 4 : 8;
            }
        }
        return (bytes + 7) / 8 * 8;
    }

    @Test
    void refusesWhatCannotBeOrdered() {
        assertThatThrownBy(() -> Arrivals.of("A").weight(0).with("x"))
                .hasMessageContaining("weight of tenant 'A' is 0.0");
        assertThatThrownBy(() -> Arrivals.of("A").weight(Double.NaN).with("x")).hasMessageContaining("NaN");
        assertThatThrownBy(
                        () -> Arrivals.of("A").share(Double.POSITIVE_INFINITY).with("x"))
                .hasMessageContaining("share is Infinity");
        assertThatThrownBy(() -> Arrivals.of("A").at(Long.MIN_VALUE).until(0).with("x"))
                .hasMessageContaining("same clock");
        assertThatThrownBy(() -> new FairQueue.Settings(0.3, 0.001)).hasMessageContaining("0.25");
        assertThatThrownBy(() -> new FairQueue.Settings(0.1, 0)).hasMessageContaining("least share");
    }

    @Test
    void aMessageNamesTheRequestAndNothingOfIt() {
        Waiting<String> a = add("secret", "A");
        assertThat(a).hasToString("NORMAL request 0 of tenant 'A', waiting");
        assertThat(Optional.of(a)).map(Waiting::cost).hasValue(Cost.ofTokens(1000));
    }
}
