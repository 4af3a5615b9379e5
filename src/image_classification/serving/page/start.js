"use strict";

const place = (id) => document.getElementById(id);
const LARGEST_TO_DRAW = 64; // pixels of the network's images
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
