import { element } from "../site/element.ts";

/** A hue for a person, the same wherever the id is seen. */
export function hueOf(personId: string): number {
  let hash = 2_166_136_261;
  for (let at = 0; at < personId.length; at += 1) {
    hash = Math.imul(hash ^ personId.charCodeAt(at), 16_777_619);
  }
  // In steps: neighbouring hues cannot be told apart.
  return ((hash >>> 8) % 18) * 20;
}

/** Gives an element the colour of a person; the style sheet sees to its contrast. */
export function colourAs(made: HTMLElement, personId: string): void {
  made.style.setProperty("--person-hue", String(hueOf(personId)));
}

/** A round with the first letter; it says nothing that the name beside it does not. */
export function makeAvatar(person: { readonly id: string; readonly name: string }): HTMLElement {
  const [letter = "?"] = new Intl.Segmenter().segment(person.name.toUpperCase());
  const text = typeof letter === "string" ? letter : letter.segment;
  const avatar = element("span", { class: "avatar", "aria-hidden": "true" }, text);
  colourAs(avatar, person.id);
  return avatar;
}
