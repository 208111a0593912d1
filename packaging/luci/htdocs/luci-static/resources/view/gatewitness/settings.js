// SPDX-License-Identifier: Apache-2.0
'use strict';
'require view';
'require form';
'require uci';
'require ui';
'require gatewitness.shared as shared';

const el = shared.el;

function watching(map) {
	const s = map.section(form.NamedSection, 'main', 'gatewitness', _('Watching'));
	s.addremove = false;

	let o = s.option(form.Flag, 'enabled', _('Enabled'));
	o.default = '1';
	o.rmempty = false;

	o = s.option(form.DynamicList, 'network', _('Networks'), _('The LAN side. Left empty, every network is watched whose firewall zone does not masquerade.'));
	o.datatype = 'uciname';
	uci.sections('network', 'interface').forEach(function(section) {
		if (section['.name'] != 'loopback')
			o.value(section['.name']);
	});

	o = s.option(form.Flag, 'force_pppoe', _('Capture on PPP beside hardware offload'), _('Resets some routers.'));
	o.default = '0';
}

function details(map) {
	const s = map.section(form.NamedSection, 'capture', 'capture', _('Capture'));
	s.addremove = false;

	let o = s.option(form.DynamicList, 'interfaces', _('Devices'), _('Such as br-lan; in place of the networks above.'));
	o.datatype = 'maxlength(15)';

	o = s.option(form.DynamicList, 'mail_ports', _('More mail ports'), _('Besides 25, 465, 587 and 2525.'));
	o.datatype = 'port';

	o = s.option(form.Flag, 'ndpi', _('Classify protocols'), _('With nDPI; costs about 7 MB of memory.'));
	o.default = '1';
}

function owners(map) {
	const s = map.section(form.GridSection, 'device', _('Your devices'), _('What you say of a device wins over what was learned.'));
	s.anonymous = true;
	s.addremove = true;

	let o = s.option(form.Value, 'mac', _('MAC'));
	o.datatype = 'macaddr';
	o.rmempty = false;

	o = s.option(form.Value, 'name', _('Name'));
	o.datatype = 'maxlength(64)';

	o = s.option(form.ListValue, 'role', _('What it is for'));
	o.value('', _('not said'));
	o.value('mail-server', _('delivers mail to the world'));
	o.value('smarthost-user', _('mails through one server'));
	o.value('appliance', _('never mails directly'));
}

function channels(map) {
	const s = map.section(form.GridSection, 'channel', _('Alerts'), _('Where alerts go. Save and apply before a test.'));
	s.anonymous = true;
	s.addremove = true;

	let o = s.option(form.Value, 'name', _('Name'));
	o.rmempty = false;
	o.validate = function(section_id, value) {
		return /^[A-Za-z0-9_.-]{1,64}$/.test(value) || _('Letters, digits, "-", "_" and "." only');
	};

	o = s.option(form.ListValue, 'type', _('Kind'));
	[ 'ntfy', 'gotify', 'mqtt', 'webpush', 'apprise', 'webhook' ].forEach((kind) => o.value(kind));

	o = s.option(form.Value, 'url', _('Address'));
	o.placeholder = 'https://ntfy.sh';

	o = s.option(form.Value, 'topic', _('Topic'));
	o.depends('type', 'ntfy');

	o = s.option(form.Value, 'token', _('Token or password'));
	o.password = true;
	o.modalonly = true;

	o = s.option(form.ListValue, 'severity', _('Alerts of'));
	o.value('notice', _('everything'));
	o.value('alarm', _('alarms only'));

	o = s.option(form.Button, '_test', _('Test'));
	o.inputtitle = _('Send test');
	o.inputstyle = 'action';
	o.onclick = function(event, section_id) {
		return shared.testAlert(uci.get('gatewitness', section_id, 'name') || '').then(function() {
			ui.addNotification(null, el('p', {}, _('A test alert is on its way.')), 'info');
		}).catch(function(error) {
			ui.addNotification(null, el('p', {}, error.message), 'danger');
		});
	};
}

return view.extend({
	load: function() {
		return Promise.all([ uci.load('gatewitness'), uci.load('network'), shared.features().catch(() => ({})) ]);
	},

	render: function(data) {
		const map = new form.Map('gatewitness', _('Mail witness'), _('It runs without any setting. Each key of gatewitness.yaml can be set in /etc/config/gatewitness; here are those that most homes need.'));

		watching(map);
		details(map);
		owners(map);

		if (data[2].notify)
			channels(map);

		return map.render();
	}
});
