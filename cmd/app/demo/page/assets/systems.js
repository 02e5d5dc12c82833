// What the outside systems hold on the customer of the open topic: the card in Notion, which can be
// edited here as the team would there, and billing.
import { $, clock, el, reconcile, toast } from "./dom.js";
import { bare } from "./topics.js";
import { changed, send, store, topicOf } from "./store.js";

const parts = {};
let shownFor = null; // topic
let looked = ""; // what was last looked at
let dirty = false; // the visitor has changed the form and not saved it

export function setUpSystems() {
  parts.who = el("h2", { class: "who" });
  parts.notice = el("p", { class: "system" });
  parts.notion = notionPart();
  parts.billing = billingPart();
  $("systems").append(parts.who, parts.notice, parts.notion, parts.billing);
}

function notionPart() {
  parts.noCard = el("p", { text: "No card of this customer yet: /notion makes one." });
  parts.trash = el("p", { class: "trash", text: "This card is in the trash. /notion makes a new one." });
  parts.cardFacts = el("dl", { class: "facts" });
  parts.tags = el("input", { id: "card-tags", maxlength: "300", autocomplete: "off", placeholder: "VIP, invoice", "data-testid": "card-tags" });
  parts.priority = el("select", { id: "card-priority", "data-testid": "card-priority" });
  parts.save = el("button", { type: "submit", text: "Save in Notion", "data-testid": "card-save" });
  parts.form = el("form", { class: "card-form", oninput: () => { dirty = true; changed(); }, onsubmit: save },
    el("label", { for: "card-tags", text: "Tags" }), parts.tags,
    el("label", { for: "card-priority", text: "Priority" }), parts.priority, parts.save);
  parts.count = el("summary");
  parts.blocks = el("ul", { class: "blocks", "data-testid": "card-blocks" });
  parts.transcript = el("details", {}, parts.count, parts.blocks);
  parts.card = el("div", { "data-testid": "notion-card" }, parts.trash, parts.cardFacts, parts.form, parts.transcript);
  return el("section", { class: "system", "data-testid": "notion", "aria-label": "Notion" },
    el("h2", {}, el("span", { text: "Notion" }), el("small", { text: "database “Customers”" })), parts.noCard, parts.card);
}

function billingPart() {
  parts.facts = el("dl", { class: "facts" });
  parts.effects = el("ol", { class: "effects", "data-testid": "effects" });
  return el("section", { class: "system", "data-testid": "billing", "aria-label": "Billing" },
    el("h2", {}, el("span", { text: "Billing" }), el("small", { text: "the team's own system" })),
    parts.facts, el("h3", { text: "What took effect" }), parts.effects);
}

// find picks the customer's part of the systems; the card is the newest that is not in the trash.
function find(topic) {
  if (topic?.kind !== "private") return {};
  const id = topic.customer.id;
  const cards = store.systems.cards.filter((c) => c.user_id === id);
  return {
    id, cards, card: cards.findLast((c) => !c.archived) ?? cards.at(-1),
    user: store.systems.users.find((u) => u.user_id === id), effects: store.systems.effects.filter((e) => e.user_id === id),
  };
}

export function drawSystems() {
  const topic = topicOf(store.current);
  const found = find(topic);
  const switched = shownFor !== store.current;
  shownFor = store.current;
  if (switched) dirty = false;
  news(found, switched);
  parts.who.textContent = topic ? bare(topic.title) : "";
  parts.notice.hidden = Boolean(found.user);
  parts.notice.textContent = topic?.kind === "chat" ? "Several people write here: there is no card of one customer."
    : "Choose a customer's topic to see what Notion and billing hold on them.";
  parts.notion.hidden = parts.billing.hidden = !found.user;
  if (!found.user) return;
  drawCard(found);
  drawBilling(found);
  if (switched) {
    parts.transcript.open = false;
    $("systems").scrollTop = 0;
  }
}

// news marks the pane's tabs when something has changed that the visitor has not seen.
function news(found, switched) {
  const now = JSON.stringify([found.cards, found.effects]);
  const visible = $("systems").getClientRects().length > 0;
  if (switched || visible) looked = now;
  for (const dot of document.querySelectorAll(".news")) dot.hidden = looked === now;
}

function drawCard({ card, cards }) {
  parts.noCard.hidden = Boolean(card);
  parts.card.hidden = !card;
  if (!card) return;
  parts.card.dataset.id = card.id;
  parts.trash.hidden = !card.archived;
  facts(parts.cardFacts, [
    ["Name", card.title], ["Telegram ID", String(card.user_id)], ["Username", card.username], ["Phone", card.phone],
    ["Cards", cards.length > 1 ? `${cards.length} with this Telegram ID` : "one with this Telegram ID"],
    ["Address", `notion.so/…${card.url.slice(-12)}`],
  ]);
  parts.form.hidden = card.archived;
  if (parts.priority.children.length !== store.systems.priorities.length) {
    parts.priority.replaceChildren(...store.systems.priorities.map((p) => el("option", { value: p, text: p || "none" })));
  }
  if (!dirty) {
    parts.tags.value = card.tags;
    parts.priority.value = card.priority;
  }
  parts.save.disabled = !dirty;
  parts.transcript.hidden = card.block_count === 0;
  const cut = card.block_count > card.blocks.length ? `, the last ${card.blocks.length}` : "";
  parts.count.textContent = `Transcript on the card: ${card.block_count} blocks${cut}`;
  const first = card.block_count - card.blocks.length;
  reconcile(parts.blocks, card.blocks.map((text, i) => ({ key: String(first + i), signature: text, text })), ({ text }) => el("li", { text }));
}

async function save(ev) {
  ev.preventDefault();
  try {
    await send("card", { id: parts.card.dataset.id, tags: parts.tags.value, priority: parts.priority.value });
    dirty = false;
    toast("Saved in Notion");
  } catch (err) {
    toast(err.message);
  }
  changed();
}

function drawBilling({ id, user, effects }) {
  facts(parts.facts, [
    ["Balance", user.balance || "unknown"], ["Tariff", (user.tariff || "unknown") + (user.until ? `, until ${user.until}` : "")],
    ["Accounts", user.accounts.join("\n") || "none"],
    ["Page", el("a", { href: `billing/users/${id}`, target: "_blank", rel: "noopener", text: "open the user" })],
  ]);
  const items = effects.map((e) => ({ key: String(e.number), signature: JSON.stringify(e), e }));
  if (!items.length) items.push({ key: "none", signature: "" });
  reconcile(parts.effects, items, effect);
}

function effect({ e }) {
  if (!e) return el("li", { class: "none" }, el("p", { text: "Nothing yet. Try /activate t1 m6 in the topic." }));
  return el("li", { "data-testid": "effect" }, el("time", { text: clock(e.date) }), el("span", { text: e.text }),
    el("code", { text: `Idempotency-Key ${e.key}` }),
    e.repeats ? el("span", { class: "again", text: `the same key came again (${e.repeats}×): nothing was done twice` }) : null);
}

// facts writes names and values; what is empty is left out.
function facts(list, rows) {
  const items = rows.filter(([, value]) => value).map(([name, value]) => ({
    key: name, signature: typeof value === "string" ? value : value.href, name, value,
  }));
  reconcile(list, items.flatMap((i) => [{ ...i, key: `${i.key}-name` }, i]), (i) => (i.key.endsWith("-name")
    ? el("dt", { text: i.name }) : el("dd", {}, i.value)));
}
