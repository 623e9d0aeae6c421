import type { People, Person } from "../../protocol/chat-contract.ts";
import { byId, element } from "../site/element.ts";
import { makeAvatar } from "./avatar.ts";

const byName = new Intl.Collator(undefined, { sensitivity: "base", numeric: true });

/** Who is in the room, and who of them is away. */
export class PeopleList {
  private readonly list = byId("people-list", HTMLElement);
  private readonly counts = document.querySelectorAll<HTMLElement>("[data-people-count]");
  private people: readonly Person[] = [];
  private count = 0;
  private me: string | undefined;

  /** Without a line nobody knows who is there: it says what was known last. */
  setCurrent(isCurrent: boolean): void {
    byId("people-title", HTMLElement).textContent = isCurrent ? "Here now" : "Here when last heard";
    this.list.dataset.current = String(isCurrent);
  }

  has(id: string): boolean {
    return this.people.some((person) => person.id === id);
  }

  setMe(id: string): void {
    this.me = id;
    this.draw();
  }

  set({ people, count }: Pick<People, "people" | "count">): void {
    this.people = people;
    this.count = count;
    this.draw();
  }

  private draw(): void {
    const sorted = [...this.people].sort((a, b) => {
      if (a.id === this.me) return -1;
      if (b.id === this.me) return 1;
      return byName.compare(a.name, b.name);
    });
    const items = sorted.map((person) => this.makeItem(person));
    const rest = this.count - sorted.length;
    if (rest > 0) items.push(element("li", { class: "person person-note" }, `and ${rest} more`));
    this.list.replaceChildren(...items);
    for (const count of this.counts) count.textContent = String(this.count);
  }

  private makeItem(person: Person): HTMLElement {
    const name = element("span", { class: "person-name", dir: "auto" }, person.name);
    const item = element("li", { class: "person" }, makeAvatar(person), name);
    if (person.id === this.me) item.append(element("span", { class: "tag" }, "you"));
    if (person.isBot === true) item.append(element("span", { class: "tag" }, "program"));
    if (person.awayForMs !== null) {
      item.classList.add("person-lost");
      item.append(element("span", { class: "person-note" }, "away"));
    } else if (person.windows > 1) {
      item.append(element("span", { class: "person-windows" }, `${person.windows} windows`));
    }
    return item;
  }
}
