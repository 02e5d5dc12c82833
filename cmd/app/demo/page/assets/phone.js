// The customer's phone: what the mirror has carried to them, and what they write.
import { $, clock, el, grow, onEnter, reconcile, tint, toast } from "./dom.js";
import { fileLine, rich } from "./text.js";
import { paneOf, send, store, topicOf } from "./store.js";

let shown = null;
let prepared = { topic: null, texts: [] }; // what is to be written there after what stands in the composer

export function setUpPhone() {
  const area = $("phone-text");
  $("phone-composer").addEventListener("submit", (ev) => { ev.preventDefault(); post(); });
  area.addEventListener("input", () => grow(area));
  onEnter(area, post);
  const tick = () => { $("phone-clock").textContent = clock(Date.now() / 1000); };
  tick();
  setInterval(tick, 10000);
}

// prepare puts texts into the composer, one after the other, for the visitor to send.
export function prepare(all) {
  const [first, ...texts] = all;
  prepared = { topic: store.current, texts };
  $("phone-text").value = first;
  grow($("phone-text"));
  $("phone-text").focus();
}

export function drawPhone() {
  const topic = topicOf(store.current);
  if (!topic) return;
  const box = $("phone-messages");
  const phone = box.closest(".phone");
  const general = topic.kind === "general";
  phone.toggleAttribute("data-off", general);
  $("phone-note").textContent = general ? "" : note(topic);
  const switched = shown !== store.current;
  shown = store.current;
  const atEnd = switched || box.scrollHeight - box.scrollTop - box.clientHeight < 90;
  if (switched) box.replaceChildren();
  const items = general
    ? [{ key: "empty", signature: "general", empty: "General belongs to the team. No customer sees anything of it." }]
    : paneOf(topic.id).map((m) => {
      const { fresh, ...rest } = m;
      return { key: `p-${m.id}`, m, chat: topic.kind === "chat", signature: JSON.stringify(rest) };
    });
  if (!items.length) items.push({ key: "empty", signature: "none", empty: "Nothing has reached the customer yet." });
  reconcile(box, items, render);
  if (atEnd) box.scrollTop = box.scrollHeight;
}

function note(topic) {
  const c = topic.customer;
  if (topic.kind === "chat") return `A member of this chat writes as ${c.name}`;
  return [c.name, c.username && `@${c.username}`, c.language && `language ${c.language}`].filter(Boolean).join(" · ");
}

function render({ m, chat, empty }) {
  if (empty) return el("p", { class: "empty", text: empty });
  const fresh = m.fresh;
  m.fresh = false;
  const node = el("div", {
    class: `pmsg${m.own ? " own" : ""}${fresh ? " fresh" : ""}`, "data-testid": "customer-message", "data-from": m.own ? "customer" : "support",
  });
  if (chat && m.own) {
    const name = el("b", { class: "name", text: m.name });
    name.style.setProperty("--name", tint(m.name.length));
    node.append(name);
  }
  if (m.file) node.append(fileLine(m.file));
  node.append(
    el("span", { class: "body", dir: "auto" }, ...rich(m.text, m.entities)),
    el("time", { text: m.edited ? `edited ${clock(m.date)}` : clock(m.date) }),
  );
  return node;
}

async function post() {
  const area = $("phone-text");
  const text = area.value.trim();
  if (!text) return;
  area.value = (prepared.topic === store.current && prepared.texts.shift()) || "";
  grow(area);
  try {
    await send("post", { topic: store.current, customer: true, text });
  } catch (err) {
    toast(err.message);
    if (!area.value) area.value = text;
  }
}
