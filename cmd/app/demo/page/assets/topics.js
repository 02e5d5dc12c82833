// The list of topics on the left.
import { $, clock, day, el, reconcile } from "./dom.js";
import { plain } from "./text.js";
import { changed, messagesOf, store } from "./store.js";

const iconTints = {
  7322096: "#4a9fe0", 16766590: "#e6b02e", 13338331: "#b469cf", 9367192: "#55b85f", 16749490: "#ec6d94", 16478047: "#e8584c",
};

// open shows a topic.
export function open(id) {
  store.current = id;
  history.replaceState(null, "", `#${id}`);
  if (document.body.dataset.view === "topics") document.body.dataset.view = "chat";
  changed();
}

export const bare = (title) => title.replace(/^(🟪|🟨|⬛\uFE0F?)\s*/u, "");

export function drawTopics() {
  const items = [...store.topics.values()].map(item).sort((a, b) => b.order - a.order);
  reconcile($("topic-list"), items, render);
}

function item(topic) {
  const messages = messagesOf(topic.id);
  const last = messages.findLast((m) => !m.service) ?? messages.at(-1);
  const current = topic.id === store.current;
  if (current && document.visibilityState === "visible" && messages.length) store.seen.set(topic.id, messages.at(-1).id);
  const seen = store.seen.get(topic.id) ?? 0;
  const unread = messages.filter((m) => m.id > seen && !m.service && m.author.id !== store.as).length;
  const order = topic.kind === "general" ? Number.MAX_SAFE_INTEGER : last?.date ?? 0;
  return {
    key: `topic-${topic.id}`, topic, last, unread, current, order,
    signature: JSON.stringify([topic, last?.id, last?.text, last?.service, unread, current]),
  };
}

function render({ topic, last, unread, current }) {
  const general = topic.kind === "general";
  const icon = el("span", {
    class: `topic-icon${general ? " general" : ""}`, "aria-hidden": "true", text: general ? "#" : [...bare(topic.title)][0],
  });
  if (!general) icon.style.setProperty("--tint", iconTints[topic.icon_color] ?? "#4a9fe0");
  const when = last ? (day(last.date) === "Today" ? clock(last.date) : day(last.date)) : "";
  const button = el("button", {
    type: "button", class: "topic", "aria-current": current ? "true" : undefined, onclick: () => open(topic.id),
  },
  icon,
  el("span", { class: "topic-title", "data-testid": "topic-title" }, ...plain(topic.title)),
  el("time", { text: when }),
  el("span", { class: "preview" }, ...preview(last)),
  unread ? el("span", { class: "badge", text: String(unread), "aria-label": `${unread} unread`, "data-testid": "unread" }) : null);
  return el("li", { "data-testid": "topic", "data-topic": String(topic.id) }, button);
}

function preview(last) {
  if (!last) return [document.createTextNode(" ")];
  if (last.service) return plain(last.service);
  const text = (last.text || last.file || "").replace(/\s+/g, " ").slice(0, 90);
  return [el("b", { text: `${last.author.name.split(" ")[0]}: ` }), ...plain(text)];
}
