// Gives the pages keys, and wakes their components, which all work without it.

document.body.classList.add("js-enabled", "govuk-frontend-supported");
for (const each of document.querySelectorAll(".desk-with-script")) each.hidden = false;

// On a phone what filters a list does not stand before it.
if (matchMedia("(max-width: 40em)").matches) {
  for (const each of document.querySelectorAll("details[data-folds]")) each.open = false;
}

// --- a page is seen from its top; what has the focus would be put in the middle by the browser, and
// what the page is about above the screen. What was done just now, in data-seen, is to be seen too;
// on a phone it alone, where nobody presses Enter.

const first = document.querySelector("[autofocus]");
const [opened] = performance.getEntriesByType("navigation");
if (first && !location.hash && opened?.type === "navigate") {
  first.focus({ preventScroll: true });
  const shown = [...document.querySelectorAll("[data-seen]")];
  if (!matchMedia("(max-width: 40em)").matches) shown.push(first);
  // The browser's own turn comes with the next frame, unless it was before this one's.
  requestAnimationFrame(() => {
    const lowest = shown.map((each) => scrollY + each.getBoundingClientRect().bottom + 20);
    scrollTo(0, Math.max(0, ...lowest.map((each) => each - innerHeight)));
  });
}

// --- keys: "g i" opens the inbox; a letter presses what carries it in data-key; "?" tells them all

const keys = document.getElementById("keys");
let went = 0;

function typing(target) {
  return target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName)
    && !/^(checkbox|radio|button|submit)$/.test(target.type);
}

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || typing(event.target)) return;
  if (keys.open && event.key !== "?") return;
  const soon = Date.now() - went < 1500;
  went = 0;
  let press = null;
  if (event.key === "?") {
    keys.open ? keys.close() : keys.showModal();
    event.preventDefault();
  } else if (soon) {
    press = document.querySelector(`[data-go="${CSS.escape(event.key)}"]`);
  } else if (event.key === "g") {
    went = Date.now();
  } else if (event.key === "j" || event.key === "k") {
    step(event.key === "j" ? 1 : -1);
    event.preventDefault();
  } else if (event.key.length === 1) {
    press = document.querySelector(`[data-key="${CSS.escape(event.key)}"]`);
  }
  if (press) {
    event.preventDefault();
    /^(INPUT|TEXTAREA|SELECT)$/.test(press.tagName) && press.type !== "submit" ? press.focus() : press.click();
  }
});

// One row down or up in a list whose rows carry data-row on their link.
function step(by) {
  const rows = [...document.querySelectorAll("[data-row]")];
  const at = rows.indexOf(document.activeElement);
  const next = at < 0 ? rows[0] : rows[Math.min(Math.max(at + by, 0), rows.length - 1)];
  next?.focus();
}

for (const button of document.querySelectorAll("[data-opens]")) {
  button.addEventListener("click", () => document.getElementById(button.dataset.opens).showModal());
}

// --- a box that ticks all others of its form; what is ticked stays so when a list is read anew

document.addEventListener("change", (event) => {
  const all = event.target.dataset?.ticks;
  if (!all) return;
  for (const box of event.target.form.querySelectorAll(`input[name="${CSS.escape(all)}"]`)) {
    box.checked = event.target.checked;
  }
});

let ticked = [];
document.addEventListener("htmx:beforeSwap", (event) => {
  const of = event.target.querySelectorAll("input[type=checkbox]:checked");
  ticked = [...of].map((box) => box.id).filter(Boolean);
});
document.addEventListener("htmx:afterSwap", () => {
  for (const id of ticked) {
    const box = document.getElementById(id);
    if (box) box.checked = true;
  }
  ticked = [];
});

// --- a form that was sent is not sent twice by an impatient hand (nor would it matter)

document.addEventListener("submit", (event) => {
  if (event.target.method !== "post") return;
  if (event.target.dataset.sent) {
    event.preventDefault();
    return;
  }
  event.target.dataset.sent = "yes";
  setTimeout(() => delete event.target.dataset.sent, 3000);
});

// --- the components, from the address at which the page has them fetched meanwhile

const { initAll } = await import(document.getElementById("components").href);
initAll();
