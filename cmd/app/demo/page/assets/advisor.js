// The advisor beside the outside systems: the model, today's tokens, what it was asked.
import { $, clock, el, reconcile } from "./dom.js";
import { store, topicOf } from "./store.js";
import { bare } from "./topics.js";

const parts = {};

// reasons are the advisor's reasons for silence, in words.
const reasons = {
  nothing_found: "nothing found in the articles", unanswerable: "the articles do not carry it", no_claim: "no evidence given",
  bad_quote: "evidence that stands nowhere", coverage: "too little of it proved", unreadable: "an answer that is none",
  refused: "the model refused", cut_off: "cut off", empty: "an empty answer", leak: "it held our instructions",
  budget_day: "today's tokens used up", budget_topic: "this topic's tokens used up", model: "the model was not reached",
};

const states = {
  asking: "asked, not answered yet", answered: "the model answered", silent: "the model says that the articles do not carry it",
  refused: "the model's server refused", "called off": "called off before the answer came",
};

export function setUpAdvisor() {
  parts.name = el("small");
  parts.state = el("span", { class: "model-state", role: "status", "data-testid": "model-state" });
  parts.bar = el("i");
  parts.meter = el("div", { class: "meter", role: "meter", "aria-label": "Today's tokens", "aria-valuemin": "0", "data-testid": "budget" }, parts.bar);
  parts.used = el("p", { "data-testid": "budget-used" });
  parts.counts = el("dl", { class: "facts" });
  parts.about = el("h3", {});
  parts.last = el("div", { class: "model-call", "data-testid": "model-call" });
  $("systems").append(el("section", { class: "system", "data-testid": "advisor", "aria-label": "Advisor" },
    el("h2", {}, el("span", { text: "Advisor" }), parts.name, parts.state),
    parts.meter, parts.used, parts.counts, parts.about, parts.last));
}

const number = (n) => n.toLocaleString("en-GB");

const many = (n, one, more = `${one}s`) => `${number(n)} ${n === 1 ? one : more}`;

export function drawAdvisor() {
  const a = store.advisor;
  parts.name.textContent = a.model;
  parts.state.textContent = a.fault || "up";
  parts.state.dataset.state = a.fault === "down" ? "down" : a.fault ? "odd" : "up";
  parts.bar.style.width = `${Math.min(100, (100 * a.used) / a.limit)}%`;
  parts.meter.setAttribute("aria-valuemax", String(a.limit));
  parts.meter.setAttribute("aria-valuenow", String(a.used));
  parts.meter.dataset.used = String(a.used);
  parts.meter.toggleAttribute("data-low", a.used > 0.8 * a.limit);
  parts.used.textContent = `${number(a.used)} of today's ${number(a.limit)} tokens${a.cost ? ` · ${a.cost}` : ""} · ${number(a.topic_limit)} at most for one topic`;
  drawCounts(a);
  drawLast(a.calls);
}

function drawCounts(a) {
  const drafts = a.drafts.map((d) => `${d.count} ${d.name}`).join(", ");
  const rows = [
    ["Articles", a.knowledge ? many(a.knowledge, "part") : ""], ["Calls", number(a.made)], ["Drafts", drafts || "none yet"],
    ["Silences", a.silences.map((s) => `${s.count} × ${reasons[s.name] ?? s.name}`).join("\n") || "none yet"],
  ];
  reconcile(parts.counts, rows.filter(([, value]) => value).flatMap(([name, value]) => [
    { key: `${name}-name`, signature: "", node: () => el("dt", { text: name }) },
    { key: name, signature: value, node: () => el("dd", { text: value, "data-testid": `advisor-${name.toLowerCase()}` }) },
  ]), (item) => item.node());
}

// drawLast shows the last call of the open topic, or else of any.
function drawLast(calls) {
  const own = calls.findLast((c) => c.topic && c.topic === store.current);
  const call = own ?? calls.at(-1);
  const topic = topicOf(call?.topic);
  parts.about.textContent = own ? "The last question of this topic, as the model saw it"
    : topic?.kind === "private" ? `The last question, as the model saw it (${bare(topic.title)})` : "The last question, as the model saw it";
  reconcile(parts.last, [{ key: "last", signature: JSON.stringify(call ?? null), call }], show);
}

function show({ call }) {
  if (!call) return el("p", { text: "Nobody has asked yet. Write as the customer: Can I get my money back?" });
  const node = el("div", {}, el("blockquote", { dir: "auto", "data-testid": "model-question" }, ...masked(call.question)));
  const facts = [
    clock(call.date), call.language && `language ${call.language}`, many(call.chunks.length, "part") + " of the articles",
    call.turns ? many(call.turns, "message") + " before it" : "",
    call.masked.length ? `masked: ${call.masked.join(" ")}` : "nothing masked",
  ];
  node.append(el("p", { text: facts.filter(Boolean).join(" · "), "data-testid": "model-facts" }));
  const outcome = [states[call.state] + (call.state === "refused" ? ` (${call.status})` : "")];
  if (call.tokens) outcome.push(many(call.tokens, "token"));
  if (call.ms) outcome.push(`${(call.ms / 1000).toFixed(1)} s`);
  node.append(el("p", { class: `outcome ${call.state.replace(" ", "-")}`, text: outcome.join(" · "), "data-testid": "model-outcome" }));
  if (call.chunks.length) {
    node.append(el("details", {}, el("summary", { text: "Parts that it was given" }),
      el("ul", { class: "blocks" }, ...call.chunks.map((text) => el("li", { text })))));
  }
  return node;
}

// masked marks what stands for something of the customer's.
function masked(text) {
  return text.split(/(\[(?:phone|email|card|key) \d+\])/).map((part, i) => (i % 2
    ? el("mark", { text: part, title: "Masked before the model saw it" }) : document.createTextNode(part)));
}
