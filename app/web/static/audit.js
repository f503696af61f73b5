// The sliders show the state while they are moved; without this the buttons beside them do.
const byVersion = document.getElementById("by-version");
const byTime = document.getElementById("by-time");
const range = document.getElementById("version");
const moments = byTime ? [...byTime.querySelectorAll("input[type=range]")] : [];
let wait = 0;
let asked = null;

const field = (slider) => document.getElementById(slider.dataset.moves);
const times = (slider) => [...field(slider).list.options];
const addressOf = (form) => `${form.getAttribute("action")}?${new URLSearchParams(new FormData(form))}`;

async function show(address) {
  asked?.abort();
  asked = new AbortController();
  try {
    const answer = await fetch(address, { signal: asked.signal, headers: { "HX-Request": "true" } });
    if (!answer.ok || answer.redirected) { location.assign(address); return; }
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    // Not the slider that is being moved.
    for (const id of ["then", "steps"]) {
      document.getElementById(id).replaceWith(document.adoptNode(page.getElementById(id)));
    }
    const rows = page.querySelectorAll(".auditor-history tbody tr");
    document.querySelectorAll(".auditor-history tbody tr").forEach((row, index) => {
      row.className = rows[index]?.className ?? row.className;
    });
    for (const each of ["at", "known"]) document.getElementById(each).value = page.getElementById(each).value;
    range.value = page.getElementById("version").value;
    document.getElementById("version-shown").value = page.getElementById("version-shown").value;
    place();
    history.replaceState(null, "", address);
  } catch (error) {
    if (error.name !== "AbortError") location.assign(address);
  }
}

function soon(form) {
  clearTimeout(wait);
  wait = setTimeout(() => show(addressOf(form)), 120);
}

// A slider of moments has a place for each at which something came to pass: one key is one step.
function place() {
  for (const slider of moments) {
    const options = times(slider);
    // A browser leaves out seconds that are none.
    const typed = field(slider).value && field(slider).value.padEnd(19, ":00");
    const until = typed ? options.findLastIndex((each) => each.value <= typed) : options.length - 1;
    slider.min = -1;
    slider.max = options.length - 1;
    slider.value = until;
    tell(slider);
  }
}

function tell(slider) {
  const option = times(slider)[Number(slider.value)];
  slider.setAttribute("aria-valuetext", option ? option.label : slider.dataset.before);
}

// Before the first moment stands the minute in which it was still to come.
function before(text) {
  const day = new Date(`${text}Z`);
  return new Date(day.getTime() - 60000).toISOString().slice(0, 19);
}

if (range) {
  range.addEventListener("input", () => {
    document.getElementById("version-shown").value = range.value;
    soon(byVersion);
  });
  byVersion.addEventListener("submit", (event) => {
    event.preventDefault();
    show(addressOf(byVersion));
  });
}
for (const slider of moments) {
  slider.addEventListener("input", () => {
    const options = times(slider);
    const at = Number(slider.value);
    field(slider).value = at < 0 ? before(options[0].value) : options[at].value;
    tell(slider);
    soon(byTime);
  });
  field(slider).addEventListener("change", place);
}
place();
