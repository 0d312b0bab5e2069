// The page is changed in place: what stays keeps its element, so that nothing jumps, flickers or loses focus.

/** A new element. Text goes in as text, never as markup. */
export function element(tag, className, text) {
  const made = document.createElement(tag);
  if (className) {
    made.className = className;
  }
  if (text !== undefined) {
    made.textContent = text;
  }
  return made;
}

export function byId(id) {
  return document.getElementById(id);
}

/** Sets the text if it is another one, so that a screen reader hears changes only. */
export function say(target, text) {
  if (target.textContent !== text) {
    target.textContent = text;
  }
}

export function show(target, visible) {
  if (target.hidden === visible) {
    target.hidden = !visible;
  }
}

/** Makes the children of a parent follow the items, each with the child that its key had before. */
export function follow(parent, items, keyOf, make, update) {
  const before = new Map();
  for (const child of parent.children) {
    before.set(child.dataset.key, child);
  }
  items.forEach((item, index) => {
    const key = String(keyOf(item, index));
    let child = before.get(key);
    if (child === undefined) {
      child = make(item);
      child.dataset.key = key;
    } else {
      before.delete(key);
    }
    if (parent.children[index] !== child) {
      parent.insertBefore(child, parent.children[index] ?? null);
    }
    update(child, item, index);
  });
  before.forEach((child) => child.remove());
}

const places = new Map();

/** Items in the order in which they were first seen, the busiest first at that time: what is shown stays where it is. */
export function inPlace(name, items, keyOf) {
  const before = places.get(name) ?? new Map();
  const now = new Map();
  const known = items.filter((item) => before.has(keyOf(item))).sort((a, b) => before.get(keyOf(a)) - before.get(keyOf(b)));
  const placed = [...known, ...items.filter((item) => !before.has(keyOf(item)))];
  placed.forEach((item, index) => now.set(keyOf(item), index));
  places.set(name, now);
  return placed;
}

/** A row of a table; roles are said, because on narrow screens its cells are stacked and browsers then forget them. */
export function row(columns) {
  const made = element('tr');
  made.setAttribute('role', 'row');
  columns.forEach(({ label, className, head }) => {
    const cell = element(head ? 'th' : 'td', className);
    cell.setAttribute('role', head ? 'rowheader' : 'cell');
    if (head) {
      cell.scope = 'row';
    }
    if (label) {
      cell.dataset.label = label;
    }
    made.append(cell);
  });
  return made;
}

/** Two lines in a cell: what it is, and quieter what belongs to it. */
export function twoLines(cell, first, second) {
  if (cell.children.length === 0) {
    cell.append(element('span', 'first'), element('span', 'second'));
  }
  say(cell.children[0], first);
  say(cell.children[1], second);
}

const REMEMBERED_HEIGHTS = 20;
const heights = new WeakMap();

/** Keeps a region as high as it was lately: a queue that comes and goes would move everything below it each second. */
export function steady(region) {
  const content = [...region.children].reduce((total, child) => total + child.offsetHeight, 0);
  const lately = [...(heights.get(region) ?? []), content].slice(-REMEMBERED_HEIGHTS);
  heights.set(region, lately);
  region.style.minHeight = `min(${Math.max(...lately)}px, var(--highest))`;
}

/** The name of a family; calls that name no model belong to none. */
export function familyName(family) {
  return family === '' ? 'calls without a model' : family;
}
