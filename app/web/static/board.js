// The board follows by server-sent events (htmx does that); here: says when the line is lost, keeps
// the keyboard's place over a swap, and on a wall shows one part after the other.
const board = document.getElementById("board");
const lost = board.querySelector(".monitor-lost");

board.addEventListener("htmx:sseError", () => { lost.hidden = false; });
board.addEventListener("htmx:sseOpen", () => { lost.hidden = true; });

let place = null;
board.addEventListener("htmx:sseBeforeMessage", () => {
  const at = document.activeElement;
  place = at && board.contains(at) && at.getAttribute("href");
  for (const each of board.querySelectorAll(".desk-scroll")) scrolled.set(each.getAttribute("aria-label"), each.scrollLeft);
});
const scrolled = new Map();
board.addEventListener("htmx:sseMessage", () => {
  for (const each of board.querySelectorAll(".desk-scroll")) each.scrollLeft = scrolled.get(each.getAttribute("aria-label")) ?? 0;
  if (place && !board.contains(document.activeElement)) {
    board.querySelector(`a[href="${CSS.escape(place)}"]`)?.focus({ preventScroll: true });
  }
});

const seconds = Number(board.dataset.cycle || 0);
if (seconds) {
  const screens = [...board.querySelectorAll(".monitor-screen")];
  const hold = document.getElementById("hold");
  let at = 0;
  let held = false;
  const show = () => screens.forEach((each, index) => { each.hidden = index !== at; });
  const turn = () => {
    if (held) return;
    // A part that is higher than the wall is moved on before the next one comes.
    const bottom = document.documentElement.scrollHeight - window.innerHeight;
    if (window.scrollY + 4 < bottom) {
      window.scrollBy({ top: window.innerHeight * 0.8 });
      return;
    }
    at = (at + 1) % screens.length;
    show();
    window.scrollTo({ top: 0 });
  };
  hold.parentElement.hidden = false;
  hold.addEventListener("click", () => {
    held = !held;
    hold.setAttribute("aria-pressed", String(held));
  });
  show();
  setInterval(turn, seconds * 1000);
}
