// The block in the editor: its settings in the sidebar, and the button as buyers see it.
( function ( blocks, element, blockEditor, components, serverSideRender, i18n ) {
	const el = element.createElement;
	const __ = ( text ) => i18n.__( text, 'rieltime' );

	blocks.registerBlockType( 'rieltime/button', {
		edit( { attributes, setAttributes } ) {
			const field = ( name, label, help ) => el( components.TextControl, {
				key: name, label: __( label ), help: help && __( help ), value: attributes[ name ],
				onChange: ( value ) => setAttributes( { [ name ]: value } ),
			} );

			return el( 'div', blockEditor.useBlockProps(),
				el( blockEditor.InspectorControls, {},
					el( components.PanelBody, { title: __( 'What is paid' ) },
						field( 'description', 'Description' ),
						field( 'amount', 'Amount', 'Leave empty to let the buyer choose.' ),
						el( components.SelectControl, {
							label: __( 'Currency' ), value: attributes.currency,
							options: [ 'USD', 'KHR', 'MYR', 'IDR' ].map( ( code ) => ( { label: code, value: code } ) ),
							onChange: ( currency ) => setAttributes( { currency } ),
						} ),
						! attributes.amount && field( 'min', 'Least amount' ),
						! attributes.amount && field( 'max', 'Greatest amount' ),
						field( 'label', 'Text of the button' ),
					),
				),
				el( components.Disabled, {}, el( serverSideRender, { block: 'rieltime/button', attributes } ) ),
			);
		},
		save: () => null, // the server renders it
	} );
} )( window.wp.blocks, window.wp.element, window.wp.blockEditor, window.wp.components, window.wp.serverSideRender, window.wp.i18n );
