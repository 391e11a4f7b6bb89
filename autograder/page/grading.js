// The page of `oto-grade serve`: the answers of a part as cards, points and comments kept as soon as they are written.
// What students wrote is only ever put into the page as text. serve.c names the addresses, desk.h what they hold.
// `texts` is the page's sentences in its language (texts.js, made of strings.h).
"use strict";

const find = id => document.getElementById(id);
const list = find("answers");
let parts = [];
let part = null; // the one on the page, of parts
let wanted = null; // the one that was chosen last
let cards = []; // Card, in the page's order

class Refused extends Error {
    constructor(reply) {
        super(reply.error);
        this.answer = reply.answer; // as it is now, when it changed
    }
}

async function ask(address, sent) {
    const request = sent && { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(sent) };
    let reply;
    try {
        reply = await fetch(address, request);
    } catch {
        throw new Error(texts.NO_REPLY);
    }
    if (!reply.headers.get("Content-Type").startsWith("application/json")) throw new Error(await reply.text());
    const body = await reply.json();
    if (!reply.ok) throw new Refused(body);
    return body;
}

const tell = news => { find("news").textContent = news; };
const number = value => String(Number(value.toPrecision(6)));
const filled = (text, ...values) => text.replace(/\{(\d)\}/g, (slot, place) => values[place - 1]);

// ---- one answer ----

class Card {
    constructor(answer) {
        const element = find("card").content.cloneNode(true).firstElementChild;
        const take = selector => element.querySelector(selector);
        this.element = element;
        this.title = take("h3");
        this.mark = take(".mark");
        this.text = take(".answer");
        this.pictures = take(".pictures");
        this.points = take(".points");
        this.comment = take(".comment");
        this.said = take(".said");
        this.nameButton = take(".name");
        this.work = take(".work");
        this.saving = Promise.resolve();
        this.title.id = `answer-${answer.who}`;
        element.setAttribute("aria-labelledby", this.title.id);
        take(".most").textContent = filled(texts.MOST, number(part.points));
        this.show(answer);
        this.points.value = this.given().score;
        this.comment.value = this.given().comment;
        element.addEventListener("change", () => this.save(false));
        element.addEventListener("keydown", event => this.key(event));
        element.querySelector("form").addEventListener("submit", event => event.preventDefault());
        this.nameButton.addEventListener("click", () => this.toggleName());
        this.work.addEventListener("toggle", () => this.showWork());
    }

    get place() { return { assignment: part.assignment, part: part.part, who: this.answer.who }; }
    get waits() { return this.answer.score === null && !this.answer.untouched; }

    // What the gradebook holds, and what stands in the fields, in the same form; digits may be full-width.
    given() { return { score: this.answer.score === null ? "" : number(this.answer.score), comment: this.answer.comment }; }
    written() { return { score: this.points.value.normalize("NFKC").trim().replace(",", "."), comment: this.comment.value.trim() }; }
    get isChanged() {
        const given = this.given(), written = this.written();
        return given.score !== written.score || given.comment !== written.comment;
    }

    show(answer) {
        this.answer = answer;
        this.nameless = filled(texts.NAMELESS, answer.who.slice(0, 6));
        if (!this.named) this.title.textContent = this.nameless;
        if (this.text.textContent !== answer.answer) this.showText(answer.answer);
        this.element.classList.toggle("done", !this.waits);
        this.mark.textContent = answer.score !== null ? filled(texts.SCORED, number(answer.score), number(part.points))
            : answer.untouched ? texts.UNTOUCHED : texts.WAITS;
    }

    showText(text) {
        this.text.textContent = text;
        this.pictures.replaceChildren();
        if (/!\[[^\]]*\]\(attachment:/.test(text)) withPictures.observe(this.element);
    }

    say(sentence) {
        this.said.textContent = sentence;
        this.element.classList.toggle("refused", sentence !== "");
    }

    // True when the gradebook holds what stands in the fields. What was refused once is only given again on purpose:
    // a conflict must not be overruled because somebody left a field.
    save(onPurpose) {
        this.saving = this.saving.then(() => this.saveNow(onPurpose));
        return this.saving;
    }

    async saveNow(onPurpose) {
        const written = this.written();
        if (!this.isChanged) {
            this.say("");
            return true;
        }
        if (!onPurpose && this.refused === JSON.stringify(written)) return false;
        this.refused = null;
        try {
            this.show((await ask("give", { ...this.place, ...written, state: this.answer.state })).answer);
            this.say("");
            tell(filled(texts.KEPT, this.nameless));
            showProgress();
            return true;
        } catch (error) {
            this.refused = JSON.stringify(written);
            this.say(filled(texts.NOT_KEPT, error.message));
            if (error.answer) this.showConflict(error.answer);
            return !this.isChanged;
        }
    }

    // Somebody else was here, or the answer is another one: what was written stays in the fields, to be given again.
    showConflict(answer) {
        this.show(answer);
        showProgress();
        if (!this.isChanged) return this.say("");
        const by = answer.score === null ? ""
            : filled(answer.comment ? texts.GIVEN_WITH : texts.GIVEN_BY, answer.grader, number(answer.score), answer.comment);
        this.say(filled(texts.CONFLICT, by));
    }

    async toggleName() {
        if (!this.named) {
            try {
                this.title.textContent = (await ask("name?" + new URLSearchParams(this.place))).name;
            } catch (error) {
                return this.say(error.message);
            }
        } else {
            this.title.textContent = this.nameless;
        }
        this.named = !this.named;
        this.nameButton.textContent = this.named ? texts.HIDE_NAME : texts.SHOW_NAME;
    }

    async showPictures() {
        try {
            const { pictures } = await ask("pictures?" + new URLSearchParams(this.place));
            this.pictures.replaceChildren(...pictures.map(picture), ...(pictures.length ? [] : [element("p", texts.NO_PICTURE)]));
        } catch (error) {
            this.say(error.message);
        }
    }

    async showWork() {
        const place = this.work.querySelector("div");
        if (!this.work.open || place.childElementCount) return;
        try {
            place.replaceChildren(...(await ask("work?" + new URLSearchParams(this.place))).cells.map(workCell));
        } catch (error) {
            this.say(error.message);
        }
    }

    focus() {
        this.element.focus();
        this.element.scrollIntoView({ block: "nearest" });
    }

    key(event) {
        if (event.isComposing || event.ctrlKey || event.metaKey || event.altKey) return;
        const inField = event.target === this.points || event.target === this.comment;
        const action = inField ? this.fieldKey(event) : event.target === this.element ? this.cardKey(event.key) : null;
        if (!action) return;
        event.preventDefault();
        action();
    }

    fieldKey(event) {
        const inPoints = event.target === this.points;
        if (event.key === "Enter" && !event.shiftKey) return () => this.saveAndMove(1);
        if (event.key === "Escape") return () => this.focus();
        if (inPoints && event.key === "ArrowDown") return () => this.saveAndMove(1);
        if (inPoints && event.key === "ArrowUp") return () => this.saveAndMove(-1);
        return null;
    }

    cardKey(key) {
        if (/^[0-9.,]$/.test(key)) return () => {
            this.points.value = key;
            this.points.focus();
        };
        return {
            j: () => move(this, 1), ArrowDown: () => move(this, 1), ArrowRight: () => move(this, 1),
            k: () => move(this, -1), ArrowUp: () => move(this, -1), ArrowLeft: () => move(this, -1),
            Home: () => move(this, -cards.length), End: () => move(this, cards.length),
            Enter: () => this.saveAndMove(1),
            c: () => this.comment.focus(),
            n: () => this.toggleName(),
            w: () => { this.work.open = !this.work.open; },
            "?": () => find("keys").showModal(),
        }[key];
    }

    // Goes on before the gradebook has answered, so that the next number typed is the next answer's. What is refused
    // then says so where it stands.
    saveAndMove(step) {
        const score = this.written().score;
        if (score !== "" && !(Number(score) >= 0 && Number(score) <= part.points))
            return this.say(filled(texts.NOT_KEPT, filled(texts.NO_SCORE, score, number(part.points))));
        this.save(true);
        move(this, step);
    }
}

function element(tag, text, ...children) {
    const made = document.createElement(tag);
    if (text) made.textContent = text;
    made.append(...children);
    return made;
}

function picture({ name, type, data }) {
    const made = element("img");
    made.alt = name;
    made.src = `data:${type};base64,${data}`;
    return made;
}

// Pictures may be large: they come when their card comes into sight.
const withPictures = new IntersectionObserver(entries => {
    for (const { target, isIntersecting } of entries) {
        if (!isIntersecting) continue;
        withPictures.unobserve(target);
        cards.find(card => card.element === target)?.showPictures();
    }
}, { rootMargin: "200px" });

function workCell(cell) {
    const made = element("div");
    const scored = cell.score !== null && cell.points > 0;
    made.append(element("h4", scored ? filled(texts.WORK_SCORE, cell.part, number(cell.score), number(cell.points)) : cell.part));
    if (cell.checks.length === 0) made.append(element("pre", cell.answer));
    if (cell.error) made.append(element("pre", cell.error));
    made.append(element("ul", "", ...cell.checks.map(check =>
        element("li", `${check.passed ? "✓" : "✗"} ${check.name}${check.passed || !check.message ? "" : `: ${check.message}`}`))));
    return made;
}

// ---- the list ----

function move(card, step) {
    const shown = cards.filter(other => !other.element.hidden);
    const place = shown.indexOf(card), wanted = Math.max(0, Math.min(shown.length - 1, place + step));
    shown[wanted].focus();
    if (wanted === place) tell(step > 0 ? texts.LAST : texts.FIRST);
}

function showProgress() {
    const done = cards.filter(card => !card.waits).length;
    part.done = done;
    find("bar").max = cards.length;
    find("bar").value = done;
    find("count").textContent = filled(texts.DONE, done, cards.length);
    part.option.textContent = titleOf(part);
}

function filter() {
    const only = find("waiting").checked;
    for (const card of cards) card.element.hidden = only && !card.waits && !card.isChanged;
    tell(only && cards.every(card => card.element.hidden) ? texts.NONE_WAITS : "");
}

// Until the answers of the chosen part are here, the page stays the one before: its cards can still be graded.
async function open(chosen) {
    let body;
    wanted = chosen;
    try {
        body = await ask("answers?" + new URLSearchParams({ assignment: chosen.assignment, part: chosen.part }));
    } catch (error) {
        if (part) find("part").selectedIndex = parts.indexOf(part);
        return tell(error.message);
    }
    if (wanted !== chosen) return; // another one was chosen meanwhile
    part = chosen;
    find("task").innerHTML = body.task; // the instructor's Markdown, made by serve without HTML of its own
    find("model").hidden = !body.model;
    find("model").querySelector("div").textContent = body.model;
    cards = body.answers.map(answer => new Card(answer));
    list.replaceChildren(...cards.map(card => card.element));
    document.querySelector("main").hidden = false;
    location.hash = `${encodeURIComponent(part.assignment)}/${encodeURIComponent(part.part)}`;
    showProgress();
    filter();
    (cards.find(card => card.waits) ?? cards[0]).focus();
}

const titleOf = ({ assignment, part, done, answers }) => filled(texts.PART_DONE, assignment, part, done, answers);
const fromHash = () => location.hash.slice(1).split("/").map(decodeURIComponent);

async function start() {
    try {
        parts = await ask("parts");
    } catch (error) {
        return tell(error.message);
    }
    if (!parts.length) return tell(texts.NOTHING);
    for (const one of parts) {
        one.option = new Option(titleOf(one));
        find("part").append(one.option);
    }
    const [assignment, name] = fromHash();
    const first = parts.find(one => one.assignment === assignment && one.part === name)
        ?? parts.find(one => one.done < one.answers) ?? parts[0];
    find("part").selectedIndex = parts.indexOf(first);
    await open(first);
}

find("part").addEventListener("change", async event => {
    const chosen = parts[event.target.selectedIndex];
    const kept = await Promise.all(cards.map(card => card.save(false)));
    if (kept.every(Boolean)) return open(chosen);
    event.target.selectedIndex = parts.indexOf(part);
    cards[kept.indexOf(false)].focus();
});
find("waiting").addEventListener("change", filter);
find("help").addEventListener("click", () => find("keys").showModal());
window.addEventListener("beforeunload", event => {
    if (cards.some(card => card.isChanged)) event.preventDefault();
});
start();
