// SPDX-License-Identifier: Apache-2.0
//
// Stand-in of the part of LuCI's runtime (luci.js, ui.js, form.js, rpc.js, uci.js) that the views use, with its traps: a lone
// string as children is HTML, strings in a list are text; titles of notifications and modals, and labels of forms, are HTML.
'use strict';

window.faults = [];
window.addEventListener('error', (event) => window.faults.push(event.message));
window.addEventListener('unhandledrejection', (event) => window.faults.push('rejected: ' + (event.reason && event.reason.message || event.reason)));

const fault = (text) => { window.faults.push(text); throw new Error(text); };

const dom = {
	elem: (value) => value != null && typeof value == 'object' && 'nodeType' in value,
	append(node, children) {
		if (Array.isArray(children)) {
			for (const child of children) {
				if (dom.elem(child))
					node.appendChild(child);
				else if (child !== null && child !== undefined)
					node.appendChild(document.createTextNode('' + child));
			}
		}
		else if (dom.elem(children))
			node.appendChild(children);
		else if (children !== null && children !== undefined)
			node.innerHTML = '' + children;

		return node;
	},
	content(node, children) {
		node.replaceChildren();
		return dom.append(node, children);
	},
	create(tag, attributes, children) {
		const node = document.createElement(tag);

		for (const [ name, value ] of Object.entries(attributes || {})) {
			if (typeof value == 'function')
				node.addEventListener(name, value);
			else if (value !== null && value !== undefined)
				node.setAttribute(name, value);
		}

		return dom.append(node, children);
	}
};

window.E = dom.create;
window._ = (text) => text;
String.prototype.format = function(...values) {
	return this.replace(/%[sd]/g, () => String(values.shift()));
};

class Base {
	static extend(properties) {
		const made = class extends this {};
		Object.assign(made.prototype, properties);
		return made;
	}
}

class View extends Base {
	async show(into) {
		const data = this.load ? await this.load() : undefined;
		dom.content(into, await this.render(data));
	}
}

async function post(path, body) {
	const answer = await fetch(path, { method: 'POST', body: JSON.stringify(body) });
	return answer.json();
}

const rpc = {
	declare(options) {
		for (const key of Object.keys(options))
			if (![ 'object', 'method', 'params', 'expect' ].includes(key))
				fault('rpc.declare knows no ' + key);

		return function(...values) {
			const params = {};
			(options.params || []).forEach((name, i) => { if (values[i] !== undefined) params[name] = values[i]; });
			return post('/ubus', { object: options.object, method: options.method, params: params });
		};
	}
};

const ui = {
	addNotification(title, children, ...classes) {
		const note = dom.create('div', { 'class': 'alert-message notification ' + classes.join(' ') });
		if (title)
			note.appendChild(dom.create('h4', {}, title));
		dom.append(note, children);
		document.querySelector('#notes').appendChild(note);
		return note;
	},
	showModal(title, children) {
		const modal = document.querySelector('#modal');
		dom.content(modal, dom.create('h4', {}, title));
		dom.append(modal, children);
		modal.hidden = false;
		return modal;
	},
	hideModal() {
		document.querySelector('#modal').hidden = true;
	}
};

const polls = [];
const poll = { add(what, seconds) { if (!(seconds > 0)) fault('poll.add'); polls.push(what); } };
window.pollNow = () => Promise.all(polls.map((what) => what()));

const configs = {};
const uci = {
	async load(name) { configs[name] = await post('/uci', { config: name }); },
	sections(name, type, each) {
		const found = (configs[name] || []).filter((section) => !type || section['.type'] == type);
		found.forEach((section) => each && each(section['.name'], section));
		return found;
	},
	get(name, id, option) {
		const section = (configs[name] || []).find((one) => one['.name'] == id);
		return section ? section[option] : null;
	}
};

class Option {
	constructor(map, kind, name, title, description) { Object.assign(this, { map, kind, name, title, description, values: [] }); }
	value(key, label) { this.values.push([ key, label === undefined ? key : label ]); }
	depends() {}
	render(id) {
		const value = uci.get(this.map.config, id, this.name);

		if (this.kind == 'Button')
			return dom.create('button', { 'class': 'btn cbi-button cbi-button-' + (this.inputstyle || 'action'), 'click': (event) => this.onclick(event, id) }, [ this.inputtitle ]);

		if (this.kind == 'Flag') {
			const box = dom.create('input', { type: 'checkbox' });
			box.checked = (value ?? this.default) == '1';
			return box;
		}

		if (this.kind == 'ListValue')
			return dom.create('select', {}, this.values.map(([ key, label ]) => {
				const choice = dom.create('option', { value: key }, [ label ]);
				choice.selected = key == (value || '');
				return choice;
			}));

		const input = dom.create('input', { type: this.password ? 'password' : 'text', placeholder: this.placeholder });
		input.value = [ value ?? '' ].flat().join(' ');
		return input;
	}
}

class Section {
	constructor(map, kind, id, title, description) { Object.assign(this, { map, kind, id, title, description, options: [] }); }
	option(type, name, title, description) {
		const option = new Option(this.map, type.kind, name, title, description);
		this.options.push(option);
		return option;
	}
	render() {
		const node = dom.create('div', { 'class': 'cbi-section' });
		if (this.title)
			node.appendChild(dom.create('h3', {}, this.title));
		if (this.description)
			node.appendChild(dom.create('div', { 'class': 'cbi-section-descr' }, this.description));

		if (this.kind == 'NamedSection') {
			for (const option of this.options)
				node.appendChild(dom.create('div', { 'class': 'cbi-value' }, [
					dom.create('label', { 'class': 'cbi-value-title' }, option.title), option.render(this.id), dom.create('small', {}, option.description || '')
				]));
			return node;
		}

		const shown = this.options.filter((option) => !option.modalonly);
		node.appendChild(dom.create('table', { 'class': 'table' }, [ dom.create('tr', {}, shown.map((option) => dom.create('th', {}, option.title))) ]
			.concat(uci.sections(this.map.config, this.id).map((section) => dom.create('tr', {}, shown.map((option) => dom.create('td', {}, [ option.render(section['.name']) ])))))));
		return node;
	}
}

const form = { NamedSection: { kind: 'NamedSection' }, GridSection: { kind: 'GridSection' } };
for (const kind of [ 'Value', 'Flag', 'ListValue', 'DynamicList', 'Button' ])
	form[kind] = { kind };
form.Map = class {
	constructor(config, title, description) { Object.assign(this, { config, title, description, all: [] }); }
	section(type, ...rest) {
		// A NamedSection takes its name and its type, the others their type.
		const [ id, title, description ] = type.kind == 'NamedSection' ? [ rest[0], ...rest.slice(2) ] : rest;
		const section = new Section(this, type.kind, id, title, description);
		this.all.push(section);
		return section;
	}
	async render() {
		const node = dom.create('div', { 'class': 'cbi-map' });
		node.appendChild(dom.create('h2', {}, this.title));
		node.appendChild(dom.create('div', { 'class': 'cbi-map-descr' }, this.description));
		this.all.forEach((section) => node.appendChild(section.render()));
		return node;
	}
};

const L = window.L = { url: (path) => '/cgi-bin/luci/' + path };
const modules = { baseclass: Base, view: View, dom, rpc, ui, poll, uci, form };

L.require = async function(name) {
	if (name in modules)
		return modules[name];

	const source = await (await fetch('/luci-static/resources/' + name.replace(/\./g, '/') + '.js')).text();
	const names = [], values = [];

	for (const line of source.split('\n')) {
		const asked = line.match(/^'require ([\w.]+)(?: as (\w+))?';$/);
		if (!asked)
			continue;
		names.push(asked[2] || asked[1].replace(/[^A-Za-z0-9]/g, '_'));
		values.push(await L.require(asked[1]));
	}

	const made = new Function('window', 'document', 'L', ...names, source)(window, document, L, ...values);
	return modules[name] = new made();
};

// What the test asks for, step by step; then everything that a person could see is told.
window.addEventListener('load', async function() {
	const wanted = new URLSearchParams(location.search);
	const wait = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

	try {
		await (await L.require('view.gatewitness.' + wanted.get('view'))).show(document.querySelector('#view'));

		for (const step of JSON.parse(wanted.get('steps') || '[]')) {
			if (step.type)
				document.querySelector(step.into).value = step.type.repeat(step.times || 1);
			if (step.poll)
				await window.pollNow();
			if (step.click) {
				const button = [ ...document.querySelectorAll('button') ].find((one) => one.textContent == step.click && !one.closest('[hidden]'));
				if (!button)
					fault('there is no button ' + step.click);
				button.click();
			}
			for (let i = 0; step.until && i < 600 && !document.body.innerText.includes(step.until); i++)
				await wait(50);
		}
	}
	catch (error) {
		window.faults.push(String(error && error.stack || error));
	}

	await wait(200);
	await post('/done', {
		text: document.body.innerText, faults: window.faults, pwned: window.pwned || 0,
		images: document.querySelectorAll('#view img, #view script, #view iframe, #notes img, #modal img, #view svg').length,
		buttons: [ ...document.querySelectorAll('#view button') ].map((one) => one.textContent),
		wide: document.documentElement.scrollWidth > window.innerWidth
	});
});
