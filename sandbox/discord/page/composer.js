/** Where a member types: a message, or a command as plain text. */

import { commandIn, optionsIn, readCommands } from "./commands.js";
import { Tray, chooseFiles, problemOf } from "./files.js";
import { InteractionFailed } from "./interactions.js";
import { readValues } from "./options.js";
import { Picker } from "./picker.js";

export class Composer {
  #input;
  #send;
  #attach;
  #tray;
  #note;
  #picker;
  #room = null;
  #commands = [];
  #loaded = null;
  #drafts = new Map();

  constructor(form) {
    this.#input = form.querySelector("textarea");
    this.#send = form.querySelector(".send");
    this.#attach = form.querySelector(".attach");
    this.#note = form.querySelector(".composer-note");
    this.#tray = new Tray(form.querySelector(".tray"), { onRemove: (name) => this.#picker.forget(name) });
    this.#picker = new Picker(this.#input, form.querySelector(".picker"), {
      tray: this.#tray,
      choose: (onChosen) => chooseFiles({ multiple: false }, (files) => this.#add(files).forEach(onChosen)),
    });
    this.#attach.addEventListener("click", () =>
      chooseFiles({ multiple: true }, (files) => this.#take(files)),
    );
    form.addEventListener("paste", (event) => this.#takeFrom(event.clipboardData, event));
    const main = form.closest("main");
    main.addEventListener("dragover", (event) => event.preventDefault());
    main.addEventListener("drop", (event) => this.#takeFrom(event.dataTransfer, event));
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#submit();
    });
    this.#input.addEventListener("keydown", (event) => this.#onKey(event));
    this.#input.addEventListener("input", () => {
      this.#fit();
      this.tell("");
    });
    addEventListener("resize", () => this.#fit());
  }

  /** What is written stays, and nothing is sent until a room is opened. */
  close() {
    this.#setDisabled(true);
  }

  open(room) {
    const changed = this.#room?.channel.id !== room.channel.id;
    if (this.#room && changed)
      this.#drafts.set(this.#room.channel.id, { text: this.#input.value, files: this.#tray.take() });
    this.#room = room;
    this.#commands = [];
    this.#allow();
    if (changed) {
      const draft = this.#drafts.get(room.channel.id);
      this.#tray.restore(draft?.files ?? new Map());
      this.#write(draft?.text ?? "");
      this.tell("");
      this.#focusUnlessBusy();
    }
    this.loadCommands();
  }

  loadCommands() {
    const room = this.#room;
    // The bot may register its commands while the page is still loading.
    if (!room) return;
    this.#loaded = room.commands().then((registered) => {
      if (this.#room !== room) return;
      this.#commands = readCommands(registered);
      this.#picker.use(room, this.#commands);
    });
  }

  /** Something that went wrong, or nothing. */
  tell(text, { isProblem = true } = {}) {
    this.#note.textContent = text;
    this.#note.classList.toggle("problem", isProblem && text !== "");
  }

  /** Sends a command that somebody else wrote; what the member is writing stays. */
  async use(text) {
    await this.#loaded;
    if (this.#input.disabled) return;
    await this.#perform(this.#readCommand(text), text, () => {});
  }

  #allow() {
    const { can_send: canSend, can_use_commands: canUse } = this.#room.channel;
    const placeholders = [`Message ${this.#room.title}`, `Only commands here: type / in ${this.#room.title}`];
    this.#setDisabled(!canSend && !canUse);
    this.#input.placeholder = canSend ? placeholders[0] : canUse ? placeholders[1] : this.#refusal();
    this.#input.setAttribute("aria-label", this.#input.placeholder);
    this.#input.form.classList.toggle("refused", this.#input.disabled);
    this.#fit();
  }

  #setDisabled(isDisabled) {
    this.#input.disabled = this.#send.disabled = this.#attach.disabled = isDisabled;
  }

  #refusal() {
    return `You do not have permission to send messages or use commands in ${this.#room.title}.`;
  }

  #onKey(event) {
    if (this.#picker.takeKey(event)) return;
    if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    this.#submit();
  }

  async #submit() {
    const text = this.#input.value.trim();
    if ((!text && !this.#tray.size) || this.#input.disabled) return;
    await this.#loaded;
    if (this.#input.value.trim() !== text) return;
    const act = text.startsWith("/") ? this.#readCommand(text) : this.#readMessage(text);
    if (!act) return;
    const files = this.#tray.take();
    this.#write("");
    await this.#perform(act, text, () => {
      if (this.#input.value || this.#tray.size) return;
      this.#tray.restore(files);
      this.#write(text);
    });
  }

  /** `takeBack` is called where it failed. */
  async #perform(act, text, takeBack) {
    if (!act) return;
    const room = this.#room;
    this.tell(text.startsWith("/") ? `Sending ${text.split(/\s/)[0]}…` : "", { isProblem: false });
    try {
      await act();
      if (this.#room === room) this.tell("");
    } catch (error) {
      if (this.#room !== room) return;
      takeBack();
      this.tell(error instanceof InteractionFailed ? "The application did not respond" : error.message);
    }
  }

  #readMessage(text) {
    const { files } = this.#tray;
    if (this.#room.channel.can_send) return () => this.#room.say(text, files);
    this.tell(`You may use commands in ${this.#room.title}, but not send messages.`);
    return null;
  }

  /** What sends the command, or null after telling what is wrong with it. */
  #readCommand(text) {
    if (!this.#room.channel.can_use_commands) {
      this.tell(`You do not have permission to use commands in ${this.#room.title}.`);
      return null;
    }
    const command = commandIn(text, this.#commands);
    if (!command) {
      const [name] = text.split(/\s/);
      const inside = this.#commands.filter((one) => one.shown.startsWith(`${name.slice(1)} `));
      const choices = inside.map((one) => `/${one.shown}`).join(", ");
      this.tell(choices ? `Choose one of ${choices}` : `There is no command ${name}`);
      return null;
    }
    const { spans, loose } = optionsIn(text, command);
    const { options, problem } = readValues(command, spans, this.#picker.proposals.known);
    if (loose || problem) {
      this.tell(problem ?? `/${command.shown} takes no options`);
      return null;
    }
    const left = this.#tray.names.find((name) => !spans.some((span) => span.text === name));
    if (left) {
      this.tell(`/${command.shown} does not use ${left}: give it to an option, or remove it`);
      return null;
    }
    return () => this.#room.use(command, options);
  }

  #takeFrom({ files }, event) {
    if (files.length === 0) return;
    event.preventDefault();
    if (!this.#attach.disabled) this.#take([...files]);
  }

  /** What was pasted or chosen: for an option of the command that is being typed, or for the message. */
  #take(files) {
    const command = commandIn(this.#input.value, this.#commands);
    for (const name of this.#add(files)) {
      if (!command || this.#picker.fill(command, name)) continue;
      this.#tray.remove(name);
      this.tell(`/${command.shown} takes no more files`);
    }
    this.#input.focus();
  }

  /** The names that they have in the tray. */
  #add(files) {
    const problem = problemOf(files);
    this.tell(problem);
    return problem ? [] : this.#tray.add(files);
  }

  #write(text) {
    this.#input.value = text;
    this.#fit();
    this.#picker.update();
  }

  #fit() {
    this.#input.style.height = "auto";
    this.#input.style.height = `${this.#input.scrollHeight}px`;
  }

  /** On a phone, the focus would bring up the keyboard; and whoever is choosing a member goes on choosing. */
  #focusUnlessBusy() {
    const isChoosing = document.activeElement?.matches("input[type=radio]");
    if (matchMedia("(pointer: fine)").matches && !isChoosing) this.#input.focus();
  }
}
