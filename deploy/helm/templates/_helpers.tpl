{{- define "rieltime.labels" -}}
app: {{ .Release.Name }}
{{- end }}

{{- /* The host of an address without a port. */}}
{{- define "rieltime.host" -}}
{{ (split ":" (urlParse .).host)._0 }}
{{- end }}
