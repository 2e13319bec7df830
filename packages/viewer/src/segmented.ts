import { h } from './dom.js';

/** A row of buttons of which one is pressed. */
export function segmented(
  label: string,
  options: readonly string[],
  initial: string,
  onSelect: (option: string) => void,
): HTMLElement {
  const buttons = options.map((option) =>
    h('button', {
      type: 'button',
      text: option,
      'aria-pressed': String(option === initial),
      onclick: () => {
        for (const button of buttons)
          button.setAttribute('aria-pressed', String(button.textContent === option));
        onSelect(option);
      },
    }),
  );
  return h('div', { class: 'segmented', role: 'group', 'aria-label': label }, ...buttons);
}
