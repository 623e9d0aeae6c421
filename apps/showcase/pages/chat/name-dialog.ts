import { chatLimits } from "../../protocol/chat.ts";
import { byId } from "../site/element.ts";

const storageKey = "openline.chat.name";

export function rememberedName(): string | undefined {
  return localStorage.getItem(storageKey) ?? undefined;
}

/** Asks for a name, and remembers it for the next time. */
export class NameDialog {
  private readonly dialog = byId("name-dialog", HTMLDialogElement);
  private readonly input = byId("name-input", HTMLInputElement);
  private readonly error = byId("name-error", HTMLElement);
  private readonly cancel = byId("name-cancel", HTMLButtonElement);

  constructor(onName: (name: string) => void) {
    this.input.maxLength = chatLimits.nameLength;
    this.cancel.addEventListener("click", () => this.dialog.close());
    // Without a name there is nothing to go back to.
    this.dialog.addEventListener("cancel", (event) => {
      if (this.cancel.hidden) event.preventDefault();
    });
    this.input.addEventListener("input", () => this.setError(false));
    byId("name-form", HTMLFormElement).addEventListener("submit", (event) => {
      event.preventDefault();
      // What cannot be seen is no name; the server looks at it the same way.
      const name = this.input.value.replaceAll(/\p{C}/gu, "").trim();
      this.setError(name === "");
      if (name === "") {
        this.input.focus();
        return;
      }
      localStorage.setItem(storageKey, name);
      this.dialog.close();
      onName(name);
    });
  }

  open(current: string | undefined): void {
    this.cancel.hidden = current === undefined;
    this.input.value = current ?? "";
    this.dialog.showModal();
    this.input.select();
  }

  private setError(isMissing: boolean): void {
    this.error.hidden = !isMissing;
    this.input.setAttribute("aria-invalid", String(isMissing));
  }
}
