// The slider shows the state while it is moved; without this the buttons beside it do.
const form = document.getElementById("by-version");
const range = document.getElementById("version");
const shown = document.getElementById("version-shown");
let wait = 0;
let asked = null;

async function show(address) {
  asked?.abort();
  asked = new AbortController();
  try {
    const answer = await fetch(address, { signal: asked.signal, headers: { "HX-Request": "true" } });
    if (!answer.ok || answer.redirected) { location.assign(address); return; }
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    for (const id of ["then"]) document.getElementById(id).replaceWith(document.adoptNode(page.getElementById(id)));
    document.querySelectorAll(".auditor-history tbody tr").forEach((row, index) => {
      row.className = page.querySelectorAll(".auditor-history tbody tr")[index]?.className ?? row.className;
    });
    const at = page.getElementById("version").value;
    range.value = at;
    shown.value = page.getElementById("version-shown").value;
    history.replaceState(null, "", address);
  } catch (error) {
    if (error.name !== "AbortError") location.assign(address);
  }
}

const addressOf = (of) => `${of.getAttribute("action")}?${new URLSearchParams(new FormData(of))}`;

range.addEventListener("input", () => {
  shown.value = range.value;
  clearTimeout(wait);
  wait = setTimeout(() => show(addressOf(form)), 120);
});
form.addEventListener("submit", (event) => {
  event.preventDefault();
  show(addressOf(form));
});

// Each moment has a slider of its own, from the first event to the last.
const times = document.getElementById("by-time");
const from = Number(times.dataset.from);
const until = Number(times.dataset.until);
const local = (minute) => new Date((minute + 7 * 60) * 60000).toISOString().slice(0, 16);
const minuteOf = (text) => Math.floor(Date.parse(`${text}:00+07:00`) / 60000);
for (const slider of times.querySelectorAll("input[type=range]")) {
  const field = document.getElementById(slider.dataset.moves);
  slider.min = from;
  slider.max = until;
  slider.value = field.value ? minuteOf(field.value) : until;
  slider.addEventListener("input", () => {
    field.value = local(Number(slider.value));
    clearTimeout(wait);
    wait = setTimeout(() => show(addressOf(times)), 120);
  });
  field.addEventListener("change", () => { if (field.value) slider.value = minuteOf(field.value); });
}
