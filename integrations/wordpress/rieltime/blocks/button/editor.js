// The block in the editor: its settings in the sidebar, and the button as buyers see it.
( function ( blocks, element, blockEditor, components, serverSideRender, i18n ) {
	const el = element.createElement;
	const __ = i18n.__;

	blocks.registerBlockType( 'rieltime/button', {
		edit( { attributes, setAttributes } ) {
			const field = ( name, label, help ) => el( components.TextControl, {
				key: name, label, help, value: attributes[ name ],
				onChange: ( value ) => setAttributes( { [ name ]: value } ),
			} );

			return el( 'div', blockEditor.useBlockProps(),
				el( blockEditor.InspectorControls, {},
					el( components.PanelBody, { title: __( 'What is paid', 'rieltime' ) },
						field( 'description', __( 'Description', 'rieltime' ) ),
						field( 'amount', __( 'Amount', 'rieltime' ), __( 'Leave empty to let the buyer choose.', 'rieltime' ) ),
						el( components.SelectControl, {
							label: __( 'Currency', 'rieltime' ), value: attributes.currency,
							options: [ 'USD', 'KHR', 'MYR', 'IDR' ].map( ( code ) => ( { label: code, value: code } ) ),
							onChange: ( currency ) => setAttributes( { currency } ),
						} ),
						! attributes.amount && field( 'min', __( 'Least amount', 'rieltime' ) ),
						! attributes.amount && field( 'max', __( 'Greatest amount', 'rieltime' ) ),
						field( 'label', __( 'Text of the button', 'rieltime' ) ),
					),
				),
				el( components.Disabled, {}, el( serverSideRender, { block: 'rieltime/button', attributes } ) ),
			);
		},
		save: () => null, // the server renders it
	} );
} )( window.wp.blocks, window.wp.element, window.wp.blockEditor, window.wp.components, window.wp.serverSideRender, window.wp.i18n );
