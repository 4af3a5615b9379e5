"use strict";

const place = (id) => document.getElementById(id);
const LARGEST_TO_DRAW = 64; // pixels of the network's images
const SIDE = 320; // pixels of the drawing
let model = null;
let cards = 0;

// ---- asking the server

async function ask(path, image, name) {
  const form = new FormData();
  form.append("images", image, name);
  let answer;
  try {
    answer = await fetch(path, { method: "POST", body: form });
  } catch {
    return { error: "The server does not answer." };
  }
  try {
    return await answer.json();
  } catch {
    return { error: `The server answered ${answer.status}.` };
  }
}

async function begin() {
  const answer = await fetch("model").catch(() => null);
  if (!answer || !answer.ok) {
    place("about").textContent = "The server does not answer.";
    return;
  }
  model = await answer.json();
  const { channels, height, width } = model.image;
  document.title = place("title").textContent = `${model.network} on ${model.data}`;
  const few = model.classes.slice(0, 12).join(", ") + (model.classes.length > 12 ? ", …" : "");
  place("about").textContent =
    `${model.classes.length} classes: ${few}. Images become ${height}×${width} pixels, ` +
    `${channels === 1 ? "grey" : "in colours"}. From ${model.origin.shown}.`;
  const known = model.calibration;
  place("limits").textContent = known
    ? `Answers are right in ${percent(known.right)} or more of all cases, or it says that it is unsure: for images like those that it learned from.`
    : "This network does not know its limits: it never says that it is unsure.";
  if (channels === 1 && Math.max(height, width) <= LARGEST_TO_DRAW) startDrawing();
}

function percent(share) {
  if (share > 0 && share < 0.0005) return "< 0.1 %";
  if (share > 0.9995 && share < 1) return "> 99.9 %";
  return `${Number((100 * share).toFixed(1))} %`;
}

// ---- answers

function element(kind, className, text = "") {
  const made = document.createElement(kind);
  made.className = className;
  made.textContent = text;
  return made;
}

function newCard(name, url) {
  const card = element("article", "card");
  card.append(element("div", "look"), element("div", "told"));
  if (url) {
    const image = element("img", "");
    image.alt = name;
    image.addEventListener("error", () => image.remove()); // what no browser shows, the server may read
    image.src = url;
    card.firstChild.append(image);
  }
  card.lastChild.append(element("div", "name", name), element("div", "muted", "…"));
  card.dataset.number = ++cards;
  place("cards").prepend(card);
  place("remove").hidden = false;
  return card;
}

function showAnswer(card, name, told) {
  const box = card.lastChild;
  box.replaceChildren(element("div", "name", name));
  if (told.error || told.reason) {
    box.append(element("div", "wrong", told.error || `It could not be read: ${told.reason}.`));
    return told.error || `${name} could not be read.`;
  }
  const unsure = told.answer !== null && told.answer !== told.label;
  box.append(element("div", unsure ? "answer unsure" : "answer", unsure ? told.answer : told.label));
  if (unsure) box.append(element("div", "", `It may be ${told.set.slice(0, 8).join(" or ")}${told.set.length > 8 ? " or another" : ""}.`));
  else if (told.set && told.set.length > 1) box.append(element("div", "muted", `Not excluded: ${told.set.slice(1, 8).join(", ")}.`));
  const bars = element("div", "bars");
  for (const { label, probability } of told.probabilities) {
    const track = element("div", "track");
    const fill = element("div", "fill");
    fill.style.width = `${100 * probability}%`;
    track.append(fill);
    bars.append(element("div", "label", label), track, element("div", "number", percent(probability)));
  }
  box.append(bars);
  return `${name}: ${unsure ? `${told.answer}, maybe ${told.set.join(" or ")}` : told.label}, ${percent(told.probability)}.`;
}

async function showWhatCounts(card, image, name, inverted) {
  const told = await ask(`explain${inverted ? "?invert=true" : ""}`, image, name);
  const look = card.firstChild;
  if (told.error) {
    card.lastChild.append(element("div", "wrong", told.error));
    return;
  }
  const seen = element("img", "seen");
  const heat = element("img", "seen heat");
  seen.alt = `What the network sees of ${name}, with the pixels that ${told.label} depends on`;
  heat.alt = "";
  seen.src = told.picture;
  heat.src = told.heat;
  look.replaceChildren(seen, heat);
  card.title = told.method;
  card.querySelector(".counts")?.remove();
  card.lastChild.append(element("div", "muted small counts", `Orange: the pixels that ${told.label} depends on.`));
}

function addButtons(card, image, name, told, inverted) {
  const buttons = element("div", "buttons");
  const button = (text, act) => {
    const made = element("button", "", text);
    made.type = "button";
    made.addEventListener("click", act);
    buttons.append(made);
    return made;
  };
  const counts = button("Which pixels count?", () => {
    counts.remove();
    showWhatCounts(card, image, name, inverted);
  });
  if (model && model.image.channels === 1) {
    if (told.may_be_negative && !inverted) card.lastChild.append(element("div", "", "It is as light as the training images are dark: a negative of them?"));
    button(inverted ? "As it was" : "Swap black and white", () => classify(card, image, name, !inverted));
  }
  card.lastChild.append(buttons);
}

async function classify(card, image, name, inverted = false) {
  const answer = await ask(`predict?top=5${inverted ? "&invert=true" : ""}`, image, name);
  const told = answer.images ? answer.images[0] : answer;
  const shown = inverted ? `${name}, black and white swapped` : name;
  place("said").textContent = showAnswer(card, shown, told);
  if (!told.error && !told.reason) addButtons(card, image, name, told, inverted);
}

async function take(files) {
  const images = [...files];
  const waiting = images.map((image) => [newCard(image.name || "pasted image", URL.createObjectURL(image)), image]);
  // one after the other: whoever chooses a thousand fills no queue
  for (const [card, image] of waiting) await classify(card, image, image.name || "pasted image");
}

for (const id of ["files", "camera"]) {
  place(id).addEventListener("change", (event) => {
    take(event.target.files);
    event.target.value = "";
  });
}
addEventListener("paste", (event) => take(event.clipboardData.files));
addEventListener("dragover", (event) => {
  event.preventDefault();
  document.body.classList.add("over");
});
addEventListener("dragleave", () => document.body.classList.remove("over"));
addEventListener("drop", (event) => {
  event.preventDefault();
  document.body.classList.remove("over");
  take(event.dataTransfer.files);
});
place("remove").addEventListener("click", () => {
  for (const image of document.querySelectorAll(".look img")) URL.revokeObjectURL(image.src);
  place("cards").replaceChildren();
  place("remove").hidden = true;
  place("said").textContent = "Nothing was asked yet.";
});

// ---- drawing

function startDrawing() {
  const { height, width } = model.image;
  const isDark = model.mean[0] < 0.5;
  const [ground, ink] = isDark ? ["#000", "#fff"] : ["#fff", "#000"];
  const canvas = place("canvas");
  const cell = SIDE / Math.max(height, width);
  canvas.width = Math.round(cell * width);
  canvas.height = Math.round(cell * height);
  canvas.style.aspectRatio = `${width} / ${height}`;
  const WIDTH = cell * 2.2; // of a line, as the digits of MNIST have it
  const pen = canvas.getContext("2d", { willReadFrequently: true });
  const strokes = [];
  const cursor = { x: canvas.width / 2, y: canvas.height / 2, down: false, shown: false };
  let card = null;
  let current = null;
  let version = 0;
  place("drawing").hidden = false;
  place("ground").textContent = isDark
    ? "The training images are mostly black: you draw white on black. Ink on paper is the negative of that; swap black and white of such images below their answers."
    : "The training images are mostly white: you draw black on white.";

  function drawInto(target, scale, dx, dy) {
    target.lineWidth = WIDTH / scale; // lines are as wide, whatever the scale
    target.lineCap = target.lineJoin = "round";
    target.strokeStyle = ink;
    target.setTransform(scale, 0, 0, scale, dx, dy);
    for (const stroke of strokes) {
      target.beginPath();
      target.moveTo(...stroke[0]);
      for (const point of stroke) target.lineTo(...point);
      target.stroke();
    }
    target.setTransform(1, 0, 0, 1, 0, 0);
  }

  function redraw() {
    pen.fillStyle = ground;
    pen.fillRect(0, 0, canvas.width, canvas.height);
    drawInto(pen, 1, 0, 0);
    if (cursor.shown) {
      pen.strokeStyle = cursor.down ? "#e05000" : "#4d94cf";
      pen.lineWidth = 2;
      pen.beginPath();
      pen.arc(cursor.x, cursor.y, cell * 1.1, 0, 2 * Math.PI);
      pen.stroke();
    }
  }

  // as the digits of MNIST were: the longer side takes 20 of 28 pixels, the centre of mass is in the middle
  // (Y. LeCun, C. Cortes, C. Burges, "The MNIST database of handwritten digits")
  function fitted() {
    const points = strokes.flat();
    const middle = [canvas.width / 2, canvas.height / 2];
    if (!place("centre").checked) return [1, 0, 0];
    const [xs, ys] = [points.map((point) => point[0]), points.map((point) => point[1])];
    const extent = Math.max(1, Math.max(...xs) - Math.min(...xs), Math.max(...ys) - Math.min(...ys));
    // a dot stays a dot
    const scale = Math.min((2 * Math.max(...middle) * 20 / 28 - WIDTH) / extent, 4);
    let [mass, x, y] = [0, 0, 0];
    for (const stroke of strokes) {
      stroke.forEach((point, number) => {
        const before = stroke[Math.max(number - 1, 0)];
        const length = Math.hypot(point[0] - before[0], point[1] - before[1]) + 0.01;
        mass += length;
        x += (length * (point[0] + before[0])) / 2;
        y += (length * (point[1] + before[1])) / 2;
      });
    }
    return [scale, middle[0] - (scale * x) / mass, middle[1] - (scale * y) / mass];
  }

  function picture() {
    const hidden = document.createElement("canvas");
    hidden.width = canvas.width;
    hidden.height = canvas.height;
    const target = hidden.getContext("2d");
    target.fillStyle = ground;
    target.fillRect(0, 0, hidden.width, hidden.height);
    const [scale, dx, dy] = fitted();
    drawInto(target, scale, dx, dy);
    return new Promise((done) => hidden.toBlob(done, "image/png"));
  }

  async function answer() {
    const mine = ++version;
    redraw();
    if (!strokes.length) return;
    const image = await picture();
    if (!card || !card.isConnected) card = newCard("drawing", null);
    const told = await ask("predict?top=5", image, "drawing.png");
    if (mine !== version) return; // another stroke was made meanwhile
    const first = told.images ? told.images[0] : told;
    place("said").textContent = showAnswer(card, "drawing", first);
    if (!told.error) await showWhatCounts(card, image, "drawing.png", false);
  }

  const at = (event) => {
    const box = canvas.getBoundingClientRect();
    return [((event.clientX - box.left) / box.width) * canvas.width, ((event.clientY - box.top) / box.height) * canvas.height];
  };
  canvas.addEventListener("pointerdown", (event) => {
    if (event.button !== 0) return;
    if (event.isTrusted) canvas.setPointerCapture(event.pointerId);
    cursor.shown = cursor.down = false;
    current = [at(event)];
    strokes.push(current);
    redraw();
  });
  canvas.addEventListener("pointermove", (event) => {
    if (!current) return;
    const moves = event.getCoalescedEvents ? event.getCoalescedEvents() : [];
    for (const each of moves.length ? moves : [event]) current.push(at(each));
    redraw();
  });
  for (const kind of ["pointerup", "pointercancel"]) {
    canvas.addEventListener(kind, () => {
      if (!current) return;
      current = null;
      answer();
    });
  }
  canvas.addEventListener("blur", () => {
    cursor.shown = cursor.down = false;
    redraw();
  });
  const moves = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
  canvas.addEventListener("keydown", (event) => {
    const step = moves[event.key];
    if (step) {
      cursor.x = Math.min(Math.max(cursor.x + step[0] * cell, 0), canvas.width);
      cursor.y = Math.min(Math.max(cursor.y + step[1] * cell, 0), canvas.height);
      if (cursor.down) strokes.at(-1).push([cursor.x, cursor.y]);
    } else if (event.key === " ") {
      cursor.down = !cursor.down;
      if (cursor.down) strokes.push([[cursor.x, cursor.y]]);
      else answer();
    } else if (event.key === "Delete" || event.key === "Backspace") {
      clear();
    } else return;
    event.preventDefault();
    cursor.shown = true;
    redraw();
  });

  function clear() {
    strokes.length = 0;
    card?.remove();
    card = null;
    cursor.down = false;
    answer();
  }
  place("clear").addEventListener("click", clear);
  place("undo").addEventListener("click", () => {
    strokes.pop();
    if (strokes.length) answer();
    else clear();
  });
  place("centre").addEventListener("change", answer);
  redraw();
}

begin();
