package api

import (
	"net/http"

	"github.com/labstack/echo/v4"

	"rieltime/checkout"
	"rieltime/handlers/internal/failure"
	"rieltime/handlers/internal/request"
)

// maxProblems is the most wrong fields that an answer lists.
const maxProblems = 20

// problem is an error by RFC 9457. Where several fields are wrong it reports
// the first, and Errors of each.
type problem struct {
	Type      string  `json:"type"`
	Title     string  `json:"title"`
	Status    int     `json:"status"`
	Detail    string  `json:"detail"`
	Code      string  `json:"code"`
	Param     *string `json:"param"`
	RequestID string  `json:"request_id"`

	Errors []fieldProblem `json:"errors"` // null where one thing is wrong
}

type fieldProblem struct {
	Code   string  `json:"code"`
	Param  *string `json:"param"`
	Detail string  `json:"detail"`
}

// RenderFailure answers an error as a problem document (RFC 9457).
func RenderFailure(c echo.Context, f failure.Failure) error {
	c.Response().Header().Set(echo.HeaderContentType, "application/problem+json")
	answer := problem{
		Type: "urn:rieltime:problem:" + f.Err.Code, Title: http.StatusText(f.Status), Status: f.Status,
		Detail: f.Err.Detail, Code: f.Err.Code, Param: paramOf(f.Err), RequestID: request.ID(c),
	}
	if len(f.All) > 1 {
		for _, each := range f.All[:min(len(f.All), maxProblems)] {
			answer.Errors = append(answer.Errors, fieldProblem{each.Code, paramOf(each), each.Detail})
		}
	}

	return c.JSON(f.Status, answer)
}

// paramOf is the field at fault; nil when it is none in particular.
func paramOf(err *checkout.Error) *string {
	if err.Param == "" {
		return nil
	}
	return &err.Param
}
