import { byId } from "../site/element.ts";

/** On narrow windows the people and the ledger are a panel that a button opens. */
export function setUpSidePanel(): void {
  const panel = byId("side", HTMLElement);
  const button = byId("side-toggle", HTMLButtonElement);
  const setOpen = (isOpen: boolean): void => {
    panel.dataset.open = String(isOpen);
    button.setAttribute("aria-expanded", String(isOpen));
  };
  button.addEventListener("click", () => setOpen(panel.dataset.open !== "true"));
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || panel.dataset.open !== "true") return;
    setOpen(false);
    button.focus();
  });
  document.addEventListener("click", ({ target }) => {
    if (target instanceof Node && !panel.contains(target) && !button.contains(target)) {
      setOpen(false);
    }
  });
}
