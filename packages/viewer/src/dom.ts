/** The few DOM helpers that the page needs instead of a framework. */
type Child = Node | string | null;

export interface Attributes {
  readonly class?: string;
  readonly text?: string;
  readonly title?: string;
  readonly onclick?: (event: MouseEvent) => void;
  /** Everything else, `aria-*` and `role` included; undefined leaves the attribute out. */
  readonly [attribute: string]: string | ((event: MouseEvent) => void) | undefined;
}

export function h<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  attributes: Attributes = {},
  ...children: Child[]
): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === undefined) continue;
    if (name === 'text') element.textContent = value as string;
    else if (typeof value === 'function') element.addEventListener('click', value as EventListener);
    else element.setAttribute(name, value);
  }
  for (const child of children) if (child !== null) element.append(child);
  return element;
}

/** Writing an unchanged text would still cost a layout. */
export function setText(element: Element, text: string): void {
  if (element.textContent !== text) element.textContent = text;
}

/** Texts for the children of a row, from the child at `first` on. */
export function setTexts(row: Element, first: number, texts: readonly string[]): void {
  for (const [at, text] of texts.entries()) setText(row.children[first + at], text);
}

/**
 * Makes the children of `parent` follow `items`: elements are kept by key, so that focus, selection and
 * scroll position survive an update.
 */
export function reconcile<T>(
  parent: Element,
  items: readonly T[],
  keyOf: (item: T) => string,
  create: (item: T) => HTMLElement,
  update: (element: HTMLElement, item: T) => void,
): void {
  const known = new Map<string, HTMLElement>();
  for (const child of parent.children) {
    if (child instanceof HTMLElement) known.set(child.dataset.key ?? '', child);
  }
  let next: Element | null = parent.firstElementChild;
  for (const item of items) {
    const key = keyOf(item);
    let element = known.get(key);
    if (element === undefined) {
      element = create(item);
      element.dataset.key = key;
    }
    known.delete(key);
    update(element, item);
    if (element === next) next = next.nextElementSibling;
    else parent.insertBefore(element, next);
  }
  for (const gone of known.values()) gone.remove();
}
