// Small helpers around the DOM. Data becomes text nodes and attributes only, never markup.

export const $ = (id) => document.getElementById(id);

// el makes an element; props: class, text, on<event>, data-*/aria-* and other attributes.
export function el(tag, props = {}, ...children) {
  const node = document.createElement(tag);
  for (const [key, value] of Object.entries(props)) {
    if (value === undefined || value === null || value === false) continue;
    if (key === "text") node.textContent = value;
    else if (key === "class") node.className = value;
    else if (key.startsWith("on")) node.addEventListener(key.slice(2), value);
    else node.setAttribute(key, value === true ? "" : value);
  }
  node.append(...children.filter(Boolean));
  return node;
}

// svg makes an icon of one path on a 24 × 24 field.
export function svg(path, label) {
  const ns = "http://www.w3.org/2000/svg";
  const node = document.createElementNS(ns, "svg");
  node.setAttribute("viewBox", "0 0 24 24");
  node.setAttribute("class", "icon");
  if (label) {
    node.setAttribute("role", "img");
    node.setAttribute("aria-label", label);
  } else {
    node.setAttribute("aria-hidden", "true");
  }
  const shape = document.createElementNS(ns, "path");
  shape.setAttribute("d", path);
  node.append(shape);
  return node;
}

export const icons = {
  lock: "M7 10V7a5 5 0 0 1 10 0v3h1a1 1 0 0 1 1 1v9a1 1 0 0 1-1 1H6a1 1 0 0 1-1-1v-9a1 1 0 0 1 1-1zm2 0h6V7a3 3 0 0 0-6 0z",
  copy: "M8 3h11a2 2 0 0 1 2 2v11h-2V5H8zM5 7h9a2 2 0 0 1 2 2v10a2 2 0 0 1-2 2H5a2 2 0 0 1-2-2V9a2 2 0 0 1 2-2z",
  link: "M14 4h6v6h-2V7.400l-7.300 7.300-1.400-1.400L16.600 6H14zM5 6h5v2H6v10h10v-4h2v5a1 1 0 0 1-1 1H5a1 1 0 0 1-1-1V7a1 1 0 0 1 1-1z",
  file: "M6 2h8l5 5v14a1 1 0 0 1-1 1H6a1 1 0 0 1-1-1V3a1 1 0 0 1 1-1zm7 1.500V8h4.500z",
  save: "M11 3h2v9.200l3.300-3.300 1.400 1.400L12 16l-5.700-5.700 1.400-1.400 3.300 3.300zM4 18h16v2H4z",
  reply: "M10 5v4c7 1 10 5 11 10-2.500-3.500-6-5-11-5v4l-7-6.500z",
  unfold: "M7.400 8.600 12 13.200l4.600-4.600L18 10l-6 6-6-6z",
  pencil: "M3 17.200V21h3.800L17.900 9.900l-3.800-3.800zM20.700 7a1 1 0 0 0 0-1.400l-2.300-2.300a1 1 0 0 0-1.400 0l-1.800 1.800L19 8.900z",
};

// reconcile brings parent's children in line with items: a child is kept while its key and its
// signature stay the same, so that focus, selection and scroll survive an update.
export function reconcile(parent, items, render) {
  const old = new Map();
  for (const child of [...parent.children]) old.set(child.dataset.key, child);
  let at = parent.firstElementChild;
  for (const item of items) {
    let node = old.get(item.key);
    if (node && node.signature === item.signature) {
      old.delete(item.key);
    } else {
      if (node === at && at) at = at.nextElementSibling;
      node?.remove();
      old.delete(item.key);
      node = render(item);
      node.dataset.key = item.key;
      node.signature = item.signature;
    }
    if (node === at) at = at.nextElementSibling;
    else parent.insertBefore(node, at);
  }
  for (const node of old.values()) node.remove();
}

const palette = ["#e17076", "#7bc862", "#65aadd", "#a695e7", "#ee7aae", "#6ec9cb", "#f0a04b"];

// avatar is a coloured disc with the initials of a name.
export function avatar(name, id, size = "") {
  const node = el("span", { class: `avatar ${size}`, "aria-hidden": "true", text: initials(name) });
  node.style.setProperty("--tint", palette[Math.abs(id) % palette.length]);
  return node;
}

export const tint = (id) => palette[Math.abs(id) % palette.length];

function initials(name) {
  const words = name.split(/\s+/).filter((w) => /^[\p{L}\p{N}]/u.test(w));
  return words.slice(0, 2).map((w) => [...w][0].toUpperCase()).join("") || "#";
}

// clock is the time of day of Unix seconds; day its date in words.
export const clock = (seconds) =>
  new Date(seconds * 1000).toLocaleTimeString("en-GB", { hour: "2-digit", minute: "2-digit" });

export function day(seconds) {
  const date = new Date(seconds * 1000);
  const today = new Date();
  const days = Math.round((new Date(today.toDateString()) - new Date(date.toDateString())) / 86400000);
  if (days === 0) return "Today";
  if (days === 1) return "Yesterday";
  return date.toLocaleDateString("en-GB", { day: "numeric", month: "long" });
}

let toastTimer = 0;

// toast shows a short line; an alert stays until it is clicked.
export function toast(text, sticky = false) {
  const node = $("toast");
  node.textContent = text;
  node.hidden = false;
  clearTimeout(toastTimer);
  node.onclick = () => { node.hidden = true; };
  if (!sticky) toastTimer = setTimeout(() => { node.hidden = true; }, 4000);
}

// copy puts text on the clipboard and says so.
export async function copy(text) {
  try {
    await navigator.clipboard.writeText(text);
    toast("Copied");
  } catch {
    toast("The browser does not allow copying here");
  }
}

// onEnter sends with Enter and leaves Shift+Enter for a new line. The line break itself is refused as
// well, as some keyboards insert one without a key event that could be stopped.
export function onEnter(area, act) {
  let shift = false;
  area.addEventListener("keydown", (ev) => {
    shift = ev.shiftKey;
    if (ev.key !== "Enter" || ev.shiftKey || ev.isComposing || ev.defaultPrevented) return;
    ev.preventDefault();
    act();
  });
  area.addEventListener("beforeinput", (ev) => {
    if (ev.inputType === "insertLineBreak" && !shift) ev.preventDefault();
  });
}

// grow fits a textarea to its text.
export function grow(area) {
  area.style.height = "auto";
  area.style.height = `${Math.min(area.scrollHeight, 160)}px`;
}
