// The messages of the open topic.
import { $, avatar, clock, copy, day, el, icons, reconcile, svg, tint, toast } from "./dom.js";
import { fileLine, marked, plain } from "./text.js";
import { messagesOf, send, store, topicOf } from "./store.js";
import { edit, fill, kindOf, reply } from "./composer.js";

const chips = { customer: "customer", operator: "operator", stranger: "stranger", topicpilot: "topicpilot" };
let shown = null;

export function drawChat() {
  const topic = topicOf(store.current);
  const box = $("messages");
  const switched = shown !== store.current;
  const atEnd = switched || box.scrollHeight - box.scrollTop - box.clientHeight < 90;
  shown = store.current;
  if (!topic) return;
  $("chat-title").replaceChildren(...plain(topic.title));
  $("chat-sub").textContent = subtitle(topic);
  if (switched) box.replaceChildren();
  reconcile(box, items(messagesOf(topic.id), topic), render);
  if (atEnd) box.scrollTop = box.scrollHeight;
  $("to-end").hidden = atEnd;
}

export function setUpChat() {
  const box = $("messages");
  $("to-end").addEventListener("click", () => box.scrollTo({ top: box.scrollHeight, behavior: "smooth" }));
  box.addEventListener("scroll", () => {
    if (box.scrollHeight - box.scrollTop - box.clientHeight < 90) $("to-end").hidden = true;
  });
  new ResizeObserver(() => { if ($("to-end").hidden) box.scrollTop = box.scrollHeight; }).observe(box);
}

function subtitle(topic) {
  if (topic.kind === "general") return "for the team; no customer reads this";
  const parts = [topic.kind === "chat" ? "a chat of several people, mirrored" : "customer's topic, carried by the mirror"];
  if (topic.closed) parts.push("closed");
  if (topic.note) parts.push(topic.note);
  return parts.join(" · ");
}

// items lays out messages with the lines between days; neighbours by one author form a group.
function items(messages, topic) {
  const out = [];
  messages.forEach((m, i) => {
    const prev = messages[i - 1];
    const next = messages[i + 1];
    if (!prev || day(prev.date) !== day(m.date)) out.push({ key: `day-${day(m.date)}`, signature: "", day: day(m.date) });
    const first = !together(prev, m);
    const last = !together(m, next);
    const mine = m.author.id === store.as && m.author.role !== "customer";
    const { fresh, ...rest } = m;
    out.push({ key: `m-${m.id}`, m, topic, first, last, mine, signature: JSON.stringify([rest, first, last, mine]) });
  });
  return out;
}

function together(a, b) {
  return a && b && !a.service && !b.service && a.author.id === b.author.id && a.internal === b.internal
    && b.date - a.date < 300 && day(a.date) === day(b.date);
}

function render(item) {
  if (item.day) return el("div", { class: "day", text: item.day });
  const { m } = item;
  if (m.service) return el("div", { class: "service", "data-testid": "service" }, ...plain(m.service));
  const fresh = m.fresh;
  m.fresh = false;
  const classes = ["msg", m.internal && "internal", item.mine && "mine", item.first && "first", item.last && "last", fresh && "fresh"];
  return el("article", {
    class: classes.filter(Boolean).join(" "), "data-testid": "message", "data-id": String(m.id),
    "data-role": m.author.role, "data-internal": String(m.internal),
  },
  item.mine ? null : item.last ? avatar(m.author.name, m.author.id) : el("span"),
  bubble(item), m.buttons?.length ? buttons(m) : null);
}

function bubble(item) {
  const { m, first } = item;
  const node = el("div", { class: "bubble" });
  if (first) node.append(author(m));
  if (m.reply) node.append(quoted(m.reply));
  if (m.file) node.append(fileLine(m.file, m.file_id));
  node.append(el("div", { class: "body", "data-testid": "text", dir: "auto" }, ...marked(m.text, m.entities, fill)));
  const foot = el("div", { class: "foot" });
  if (m.internal) {
    foot.append(el("span", { class: "kept" }, svg(icons.lock), el("span", { text: "internal – the customer does not see this" })));
  }
  if (m.author.role === "topicpilot" && !m.internal) {
    foot.append(el("span", { class: "sent", text: "sent to the customer" }));
  }
  if (m.edited) foot.append(el("span", { text: "edited", "data-testid": "edited" }));
  foot.append(tools(item));
  foot.append(el("time", { text: clock(m.date), datetime: new Date(m.date * 1000).toISOString() }));
  node.append(foot);
  return node;
}

function author(m) {
  const node = el("div", { class: "author" }, el("span", { text: m.author.name }));
  node.style.setProperty("--name", tint(m.author.id));
  const chip = chips[m.author.role];
  if (chip) node.append(el("span", { class: `chip ${chip}`, text: chip }));
  if (m.internal && m.author.role !== "topicpilot") node.append(el("span", { class: "chip comment", text: kindOf(m.text) }));
  if (m.via) node.append(el("span", { class: "via", text: `via ${m.via}` }));
  return node;
}

function quoted(r) {
  return el("button", { type: "button", class: "quoted", onclick: () => jump(r.id) },
    el("b", { text: r.author }), el("span", { text: r.text.replace(/\s+/g, " ").slice(0, 120) }));
}

// jump shows a message of the open topic and marks it for a moment.
export function jump(id) {
  const node = $("messages").querySelector(`[data-id="${id}"]`);
  if (!node) {
    toast("The page does not keep this message any more.");
    return;
  }
  node.scrollIntoView({ behavior: "smooth", block: "center" });
  node.dataset.found = "";
  setTimeout(() => { delete node.dataset.found; }, 2500);
}

function buttons(m) {
  return el("div", { class: "buttons", "data-testid": "buttons" },
    ...m.buttons.map((row) => el("div", { class: "button-row" }, ...row.map((b) => button(m, b)))));
}

function button(m, b) {
  const style = ["inline", b.style].filter(Boolean).join(" ");
  const label = el("span", { text: b.text });
  if (b.url) return el("a", { class: style, href: safe(b.url), target: "_blank", rel: "noopener noreferrer" }, label, svg(icons.link));
  if (b.copy) return el("button", { type: "button", class: style, onclick: () => copy(b.copy) }, label, svg(icons.copy));
  return el("button", { type: "button", class: style, onclick: (ev) => press(m, b, ev.currentTarget) }, label);
}

const safe = (url) => (/^(https?|tg):/i.test(url) ? url : undefined);

async function press(m, b, node) {
  node.dataset.busy = "";
  try {
    const answer = await send("press", { topic: m.topic, message_id: m.id, as: store.as, data: b.data });
    if (answer.gone) toast("This button is gone already.");
    else if (!answer.answered) toast("The bot has not answered this press. Is it running?");
    else if (answer.text) toast(answer.text, answer.alert);
  } catch (err) {
    toast(err.message);
  } finally {
    delete node.dataset.busy;
  }
}

function tools({ m, mine }) {
  const node = el("div", { class: "tools" },
    el("button", { type: "button", "aria-label": "Reply", title: "Reply", "data-testid": "reply", onclick: () => reply(m) }, svg(icons.reply)));
  if (mine) {
    node.append(el("button", { type: "button", "aria-label": "Edit", title: "Edit", onclick: () => edit(m) }, svg(icons.pencil)));
  }
  return node;
}
