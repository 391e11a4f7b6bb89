/* The script of a player: the only JavaScript of the library. It asks nothing of the page but the markup that player.c
 * and view_sound.c write, and takes its times from the <audio> element, so that the browser's own controls go on
 * working. It runs once for each output; an output that is drawn anew gets its line anew. */
#include "lib/show/player.h"

const char oto_player_script[] = R"js(
(() => {
    "use strict";

    function create(name, style, attributes = {}) {
        const element = document.createElement(name);
        element.style.cssText = style;
        for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
        return element;
    }

    /* JupyterLab would take keys pressed here for its own commands. */
    const ownKeys = {"data-lm-suppress-shortcuts": "true"};

    function attach(picture) {
        const {left, right, top, bottom, from, to, start} = JSON.parse(picture.dataset.otoCursor);
        const audio = picture.closest(".oto-sound").querySelector("audio");
        const percent = share => 100 * share + "%";

        const plot = create("div", `position:absolute;left:${percent(left)};width:${percent(right - left)};` +
            `top:${percent(top)};height:${percent(bottom - top)};cursor:col-resize;touch-action:pan-y`,
            {class: "oto-plot", tabindex: 0, role: "slider", "aria-label": "position in the sound",
             title: "click or drag: seek; space: play or pause; arrow keys: back and forth", ...ownKeys});
        const line = create("div", "position:absolute;top:0;height:100%;width:2px;margin-left:-1px;" +
            "background:#fff;box-shadow:0 0 0 1px #000;pointer-events:none", {class: "oto-cursor"});

        const bar = create("div", "display:flex;gap:16px;align-items:center;font-size:85%", ownKeys);
        const clock = create("span", "font-variant-numeric:tabular-nums", {class: "oto-clock"});
        const label = create("label", "display:flex;gap:4px;align-items:center;cursor:pointer");
        const loop = create("input", "margin:0", {type: "checkbox"});
        label.append(loop, "loop");
        bar.append(clock, label);
        plot.append(line);
        picture.append(plot);
        picture.before(bar);

        const length = () => Number.isFinite(audio.duration) ? audio.duration : 0;
        const seconds = time => time.toFixed(length() < 1 ? 3 : 2);

        function paint() {
            const now = start + audio.currentTime, share = (now - from) / (to - from);
            line.style.left = percent(share);
            line.style.visibility = share > -0.02 && share < 1.02 ? "visible" : "hidden";
            clock.textContent = `${seconds(now)} of ${seconds(start + length())} s`;
        }
        /* What a screen reader says: not sixty times a second. */
        function settle() {
            paint();
            const now = start + audio.currentTime;
            const values = {valuemin: start, valuemax: start + length(), valuenow: now, valuetext: seconds(now) + " s"};
            for (const [key, value] of Object.entries(values)) plot.setAttribute("aria-" + key, value);
        }
        let frame = 0;
        function run() {
            paint();
            cancelAnimationFrame(frame);
            if (!audio.paused && !audio.ended) frame = requestAnimationFrame(run);
        }
        function seek(time) {
            audio.currentTime = Math.min(Math.max(time, 0), length());
            settle();
        }
        function toggle() {
            if (audio.paused) audio.play().catch(() => {}); /* a browser that forbids it leaves the sound paused */
            else audio.pause();
        }

        audio.addEventListener("play", run);
        for (const event of ["pause", "ended", "seeked", "timeupdate", "loadedmetadata"])
            audio.addEventListener(event, settle);
        loop.addEventListener("change", () => { audio.loop = loop.checked; });

        function follow(event) {
            const box = plot.getBoundingClientRect();
            seek(from + (event.clientX - box.left) / box.width * (to - from) - start);
        }
        plot.addEventListener("pointerdown", event => {
            if (event.button !== 0) return;
            event.preventDefault();
            plot.focus({preventScroll: true});
            plot.setPointerCapture(event.pointerId);
            follow(event);
        });
        plot.addEventListener("pointermove", event => {
            if (plot.hasPointerCapture(event.pointerId)) follow(event);
        });

        plot.addEventListener("keydown", event => {
            if (event.ctrlKey || event.metaKey || event.altKey) return;
            const step = Math.min(1, length() / 20) / (event.shiftKey ? 10 : 1);
            const actions = {
                " ": toggle,
                ArrowLeft: () => seek(audio.currentTime - step),
                ArrowRight: () => seek(audio.currentTime + step),
                Home: () => seek(0),
                End: () => seek(length()),
            };
            if (!actions[event.key]) return;
            event.preventDefault();
            event.stopPropagation();
            actions[event.key]();
        });
        settle();
    }

    for (const picture of document.querySelectorAll("[data-oto-cursor]")) {
        if (picture.otoAttached) continue;
        picture.otoAttached = true;
        attach(picture);
    }
})();
)js";
