package report

import (
	"bytes"
	_ "embed"
	"encoding/base64"
	"html/template"
	"io"
	"regexp"
	"slices"
	"strings"

	"bbftp/bench/report/chart"
	"bbftp/bench/trial"
)

var (
	//go:embed page.tmpl
	pageText string
	//go:embed page.css
	pageStyle string
)

// attachmentMost is how many bytes of CSV a page carries, so that it stays
// small enough to mail.
const attachmentMost = 512 << 10

var pageTemplate = template.Must(template.New("page").Funcs(template.FuncMap{"tie": tie}).Parse(pageText))

// page is what page.tmpl shows.
type page struct {
	Style       template.CSS
	Title       string
	Summary     string
	Notes       []string
	Glance      glance
	Conclusions []conclusion
	Sections    []section
	Tables      []pageTable
	Incidents   []incident
	Remarks     []string
	Peers       []line // what to know of them, to read their figures
	Machines    []pageMachine
	CSV         template.URL // "": too long
	Columns     []Column
}

// section is a kind of chart, for all routes.
type section struct {
	ID, Title, Words string
	Charts           []figure
}

type figure struct {
	Title string
	SVG   template.HTML
}

type pageMachine struct {
	Name  string
	Facts []line
}

// HTML writes one page that needs nothing else: no network, no script.
func HTML(w io.Writer, f *trial.File) error {
	s := newSheet(f)
	p := page{
		Style:    template.CSS(chart.Style + pageStyle),
		Title:    s.title(),
		Notes:    s.Notes,
		Glance:   s.glance(),
		Sections: s.sections(),
		Peers:    s.peculiar(),
		Columns:  Columns(),
	}
	if s.Trials > 0 {
		p.Summary = s.summary()
	}
	for _, r := range s.Routes {
		p.Conclusions = append(p.Conclusions, r.conclusion())
		p.Tables = append(p.Tables, r.pageTable())
		p.Incidents = append(p.Incidents, r.incidents()...)
		for _, remark := range r.remarks() {
			p.Remarks = append(p.Remarks, r.Title+": "+remark)
		}
	}
	for _, e := range s.Environments {
		p.Machines = append(p.Machines, pageMachine{"Machine " + clean(e.ID), facts(e)})
	}
	var err error
	if p.CSV, err = attachment(f); err != nil {
		return err
	}
	var out bytes.Buffer // a page is whole or not at all
	if err := pageTemplate.Execute(&out, p); err != nil {
		return err
	}
	_, err = w.Write(out.Bytes())
	return err
}

// title says what was measured in a line.
func (s *sheet) title() string {
	if len(s.Peers) == 0 {
		return "No trials"
	}
	words := list(s.Peers)
	switch {
	case len(s.Routes) == 1:
		return words + ": " + s.Routes[0].Title
	case len(s.Routes) > 1:
		return words + " over " + plural(len(s.Routes), "path")
	}
	return words
}

// peculiar says of peers how their figures come about, where they would mislead.
func (s *sheet) peculiar() []line {
	var all []line
	if slices.Contains(s.Peers, "iperf3") {
		all = append(all, line{"iperf3", "Judged as everybody: the bytes that had arrived over the whole run of its client, in which it talks to its server for some round trips before and after. It ends when its kernel has taken all there is to send; what is still on its way then does not count, although it took its share of the time. Its own figure leaves the talk out and is higher. What the network alone allows is its rate at speed."})
	}
	if slices.ContainsFunc(s.Peers, func(name string) bool { return strings.HasPrefix(name, "legacy") }) {
		all = append(all, line{"legacy", "About 1.2 s of each of its runs are fixed waits: 1 s before the client ends, the rest before it begins. They count in its goodput and in the ratios to it, the more the shorter the transfer is; its rate at speed is without them."})
	}
	return all
}

// sections are the charts that there is something to show on.
func (s *sheet) sections() []section {
	all := []section{
		{
			ID: "goodput", Title: "Goodput against streams", Charts: drawn(s.goodputs()),
			Words: "Medians with their 95 % intervals; hollow marks are of fewer than six trials, which have none, or of runs far shorter than was asked for; a line is broken where a cell has no usable trial at all. A ring marks the knee, the fewest streams within 5 % of the best. Dashed in grey: the payload that the link can carry, what a fixed window allows (N·W/RTT), and what Mathis’ model expects of Reno under random loss, both capped by the link.",
		},
		{
			ID: "heatmap", Title: "Streams and round-trip time", Charts: drawn(s.heatmaps()),
			Words: "The stronger the colour, the nearer to what the link can carry. A frame marks the knee.",
		},
		{
			ID: "time", Title: "Over time", Charts: drawn(s.courses()),
			Words: "The trial nearest to the median: the rate at which the file arrived, and the congestion window of each stream beside the share of the bandwidth-delay product (BDP) that it would need.",
		},
		{
			ID: "phases", Title: "Where the time goes", Charts: drawn(s.phases()),
			Words: "Set-up ends with the first byte, the ramp at full speed, the tail begins when the rate falls off. Goodput counts all of it.",
		},
		{
			ID: "cpu", Title: "CPU time", Charts: drawn(s.cpu()),
			Words: "Seconds of CPU for each 10⁹ bytes, user and system, at the number of streams named.",
		},
	}
	return slices.DeleteFunc(all, func(s section) bool { return len(s.Charts) == 0 })
}

func drawn(pictures []chart.Picture) []figure {
	var all []figure
	for _, p := range pictures {
		all = append(all, figure{p.Title, template.HTML(p.Inline())}) //nolint:gosec // package chart escapes every text
	}
	return all
}

// attachment is the table of trials as a link that holds it.
func attachment(f *trial.File) (template.URL, error) {
	var table bytes.Buffer
	if err := CSV(&table, f); err != nil {
		return "", err
	}
	if len(f.Records) == 0 || table.Len() > attachmentMost {
		return "", nil
	}
	return template.URL("data:text/csv;charset=utf-8;base64," + base64.StdEncoding.EncodeToString(table.Bytes())), nil
}

// tie keeps figures and their units in one line.
func tie(s string) string { return figureUnit.ReplaceAllString(s, "$1\u00a0$2") }

var figureUnit = regexp.MustCompile(`(\d) (%|×|[GMk]?bit/s|[GMK]iB|µs|ms|s\b|streams?)`)
