// Writing as somebody of the team: who, what it will be, the menu of commands.
import { $, el, grow, onEnter, toast } from "./dom.js";
import { changed, send, store, topicOf } from "./store.js";
import { bare } from "./topics.js";

const suggestions = ["/info", "/notion", "/activate t1 m6", "/transcript", "/ai status"];
let target = null; // {id, mode: "reply"|"edit"}
let picked = -1;

export function setUpComposer() {
  const text = $("text");
  $("chips").append(...suggestions.map((s) => el("button", { type: "button", text: s, onclick: () => fill(s) })));
  $("composer").addEventListener("submit", (ev) => { ev.preventDefault(); post(); });
  text.addEventListener("input", () => { picked = -1; update(); });
  text.addEventListener("keydown", keys);
  onEnter(text, post);
  text.addEventListener("blur", () => setTimeout(() => { $("slash").hidden = true; }, 150));
  $("reply-cancel").addEventListener("click", release);
}

// fill puts a text into the composer for the visitor to send.
export function fill(text) {
  $("text").value = text;
  $("text").focus();
  update();
}

export function reply(m) {
  target = { id: m.id, mode: "reply", topic: m.topic, ours: m.author.role === "topicpilot" };
  $("text").focus();
  update(`Reply to ${m.author.name}: ${m.text}`);
}

export function edit(m) {
  target = { id: m.id, mode: "edit", topic: m.topic };
  $("text").value = m.text;
  $("text").focus();
  update(`Edit: ${m.text}`);
}

function release() {
  if (target?.mode === "edit") $("text").value = "";
  target = null;
  update();
}

// update redraws what depends on the text.
function update(label) {
  if (target && target.topic !== store.current) target = null;
  $("reply-bar").hidden = !target;
  if (label) $("reply-text").textContent = label.replace(/\s+/g, " ").slice(0, 160);
  grow($("text"));
  menu();
  hint();
}

function keys(ev) {
  const options = menuItems();
  const open = !$("slash").hidden && options.length > 0;
  if (open && (ev.key === "ArrowDown" || ev.key === "ArrowUp")) {
    ev.preventDefault();
    picked = (picked + (ev.key === "ArrowDown" ? 1 : options.length + (picked < 0 ? 0 : -1))) % options.length;
    menu();
  } else if (open && (ev.key === "Tab" || ev.key === "Enter") && picked >= 0) {
    ev.preventDefault();
    fill(`/${options[picked].command}`);
    $("slash").hidden = true;
    picked = -1;
  } else if (ev.key === "Escape") {
    if (open) $("slash").hidden = true;
    else release();
  }
}

function menuItems() {
  const typed = /^\/([a-z0-9_]*)$/i.exec($("text").value);
  if (!typed) return [];
  const stranger = store.people.find((p) => p.id === store.as)?.role === "stranger";
  const offered = stranger ? store.commands.member : store.commands.admin;
  return offered.filter((c) => c.command.startsWith(typed[1].toLowerCase()));
}

function menu() {
  const options = menuItems();
  const list = $("slash");
  list.hidden = options.length === 0;
  list.replaceChildren(...options.map((c, i) => el("li", {
    role: "option", "aria-selected": String(i === picked), onmousedown: (ev) => { ev.preventDefault(); fill(`/${c.command}`); list.hidden = true; },
  }, el("b", { text: `/${c.command}` }), el("span", { text: c.description }))));
}

export const kindOf = (text) => (text.startsWith("/ ") ? "comment" : /^\/[a-z0-9_]/i.test(text) ? "command" : "plain");

function hint() {
  const text = $("text").value;
  const topic = topicOf(store.current);
  const kind = kindOf(text);
  $("composer").dataset.kind = text ? kind : "plain";
  const node = $("hint");
  node.className = "hint";
  if (!topic) return;
  const [line, style] = hintText(text, kind, topic);
  node.textContent = line;
  if (style) node.classList.add(style);
}

function hintText(text, kind, topic) {
  const stranger = store.people.find((p) => p.id === store.as)?.role === "stranger";
  const who = bare(topic.title);
  if (topic.kind === "general") return ["General has no customer: what is written here stays in the group."];
  if (target?.ours && kind === "plain") {
    return [`Replying to a draft? “/ ” and your text changes it. Without “/ ” this goes to ${who}.`, text.trim() ? "warn" : "inside"];
  }
  if (!text.trim() || text === "/") return ["Begin with “/ ” (slash, space) for a comment that stays in the team."];
  if (kind === "comment") return [commentHint(text), "inside"];
  if (kind === "command") {
    return stranger ? ["A command by a stranger: topicpilot does not run it.", "warn"]
      : ["Command: not carried to the customer; topicpilot answers with a comment.", "inside"];
  }
  return stranger ? [`Goes to ${who}: the mirror carries whatever is written in the topic.`, "warn"] : [`Goes to ${who}.`];
}

function commentHint(text) {
  if (target?.ours) return "Internal comment; as a reply to a draft it becomes the draft’s text.";
  if (/^\/ +ai\b/i.test(text)) return "A question to the advisor: it answers with a comment, from internal articles too.";
  return "Internal comment: only the team sees it.";
}

async function post() {
  const area = $("text");
  const text = area.value.trim();
  if (!text) return;
  const body = { topic: store.current, as: store.as, text };
  const editing = target?.mode === "edit";
  if (editing) body.message_id = target.id;
  else if (target) body.reply_to = target.id;
  area.value = "";
  target = null;
  picked = -1;
  update();
  try {
    await send(editing ? "edit" : "post", body);
  } catch (err) {
    toast(err.message);
    if (!area.value) fill(text);
  }
}

let peopleShown = "";

export function drawComposer() {
  const key = JSON.stringify(store.people);
  if (peopleShown !== key) {
    peopleShown = key;
    const box = $("as");
    box.replaceChildren(box.querySelector("legend"), ...store.people.map(person));
  }
  update();
}

function person(p) {
  const input = el("input", {
    type: "radio", name: "as", value: String(p.id), "data-testid": `as-${p.name.toLowerCase()}`,
    onchange: () => { store.as = p.id; changed(); },
  });
  input.checked = p.id === store.as;
  return el("label", { class: p.role, title: p.role }, input, el("span", { text: p.name }));
}
