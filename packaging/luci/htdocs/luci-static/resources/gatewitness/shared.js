// SPDX-License-Identifier: Apache-2.0
'use strict';
'require baseclass';
'require dom';
'require rpc';
'require ui';

// What the views have in common: calls of the backend, and elements whose texts stay text.
//
// LuCI takes a lone string that it is given as children for HTML, and strings in a list for text. Names come from strangers'
// devices: every child goes through here, as a list.

function method(name, params) {
	const call = rpc.declare({ object: 'gatewitness', method: name, params: params || [] });

	return function(...values) {
		return call(...values).then(function(answer) {
			if (!answer || answer.ok !== true)
				throw new Error((answer && answer.error) || _('The backend gave no answer'));

			return answer.data;
		});
	};
}

// Control characters, and those that turn the direction of what follows them, say that they were there.
function visible(text) {
	return String(text).replace(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069]/g, '\ufffd');
}

// Strings and elements of any nesting, as one list without what is absent.
function flat(children) {
	return [ children ].flat(9).filter((child) => child != null && child !== '' && child !== false)
		.map((child) => dom.elem(child) ? child : visible(child));
}

function el(tag, attributes, ...children) {
	return E(tag, attributes || {}, flat(children));
}

return baseclass.extend({
	status: method('status'),
	devices: method('devices'),
	incidents: method('incidents'),
	explain: method('explain', [ 'id' ]),
	attribute: method('attribute', [ 'report' ]),
	blocked: method('blocked'),
	features: method('features'),
	name: method('name', [ 'mac', 'name' ]),
	enrol: method('enrol', [ 'mac', 'role' ]),
	mute: method('mute', [ 'incident', 'for_s' ]),
	block: method('block', [ 'incident', 'mac', 'for_s' ]),
	unblock: method('unblock', [ 'mac' ]),
	testAlert: method('test_alert', [ 'channel' ]),

	el: el,

	// A time of the backend (RFC 3339, UTC) as the browser's place has it.
	time: function(text) {
		const at = new Date(text);
		return text && !isNaN(at) ? at.toLocaleString() : _('unknown');
	},

	verdict: function(word) {
		const classes = { alarm: 'label danger important', notice: 'label warning', quiet: 'label success' };
		return el('span', { 'class': classes[word] || 'label' }, ({ alarm: _('alarm'), notice: _('notice'), quiet: _('quiet') })[word] || word);
	},

	grade: function(word) {
		const words = {
			witnessed: _('witnessed'), strong: _('strong'),
			circumstantial: _('circumstantial'), unknown: _('unknown')
		};
		return words[word] || word;
	},

	table: function(titles, rows, empty) {
		const head = el('tr', { 'class': 'tr table-titles' }, titles.map((title) => el('th', { 'class': 'th' }, title)));
		const body = rows.map((cells) => el('tr', { 'class': 'tr' },
			cells.map((cell, i) => el('td', { 'class': 'td', 'data-title': titles[i] }, cell))));

		if (!rows.length)
			body.push(el('tr', { 'class': 'tr placeholder' }, el('td', { 'class': 'td' }, el('em', {}, empty))));

		return el('div', { 'class': 'gw-scroll', 'style': 'overflow-x:auto' }, el('table', { 'class': 'table' }, head, body));
	},

	section: function(title, ...children) {
		return el('div', { 'class': 'cbi-section' }, title ? el('h3', {}, title) : null, children);
	},

	lines: function(texts) {
		return el('ul', {}, (texts || []).map((text) => el('li', {}, text)));
	},

	incidentLink: function(incident) {
		return el('a', { 'href': L.url('admin/services/gatewitness/incident') + '?id=' + encodeURIComponent(incident.id) }, '#' + incident.id);
	},

	// Who it was: the name it gives itself, escaped by being text, and the MAC that it cannot choose so easily.
	device: function(device) {
		if (!device)
			return _('no device');

		return [ el('strong', {}, device.name || device.mac || device.id), el('br'),
			el('small', {}, [ device.mac || device.id, device.class && device.class != 'unknown' ? ', ' + device.class : '' ]) ];
	},

	problem: function(error) {
		return el('div', { 'class': 'alert-message warning' }, (error && error.message) || String(error));
	},

	// A button that does something and says what became of it.
	act: function(label, kind, what, done) {
		return el('button', {
			'class': 'btn cbi-button cbi-button-' + kind,
			'click': function(event) {
				const button = event.currentTarget;
				button.disabled = true;
				return Promise.resolve(what()).then(function(answer) {
					ui.addNotification(null, el('p', {}, typeof done == 'function' ? done(answer) : done), 'info');
				}).catch(function(error) {
					ui.addNotification(null, el('p', {}, error.message), 'danger');
				}).finally(function() { button.disabled = false; });
			}
		}, label);
	}
});
